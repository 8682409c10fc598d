//! What SQL straight from the application's role can see: only the business that its transaction names (C-080).

use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};
use tarun_testkit::business;

#[tokio::test]
async fn c_080_every_table_of_a_tenant_forces_row_level_security() {
    let shop = business().await;
    let mut owner = shop.world.owner().await;
    let rows = sqlx::query(
        "select c.relname::text, c.relrowsecurity and c.relforcerowsecurity as forced,
                (select count(*) from pg_policy p where p.polrelid = c.oid) as policies
         from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname = 'public' and c.relkind in ('r', 'p')
           and (c.relname = 'tenants' or exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id'))",
    )
    .fetch_all(&mut owner)
    .await
    .unwrap();
    assert!(rows.len() >= 18, "{}", rows.len());
    for row in rows {
        assert!(row.get::<bool, _>("forced") && row.get::<i64, _>("policies") > 0, "{}", row.get::<String, _>(0));
    }
    let (bypasses,): (bool,) =
        sqlx::query_as("select rolsuper or rolbypassrls from pg_roles where rolname = 'tarun_app'")
            .fetch_one(&mut owner)
            .await
            .unwrap();
    assert!(!bypasses);
}

#[tokio::test]
async fn c_080_without_a_tenant_the_servers_role_sees_no_row() {
    let (one, two) = (business().await, business().await);
    let customer = one.customer("Seen by one").await;
    one.says_text(&customer, "for one only").await;
    one.conversation_of(&customer).await;
    let mut app = PgConnection::connect(&one.world.app_url).await.unwrap();
    let tables = [
        "tenants",
        "users",
        "sessions",
        "whatsapp_numbers",
        "contacts",
        "contact_identities",
        "conversations",
        "messages",
        "inbound_events",
        "jobs",
        "audit_log",
        "idempotency_keys",
        "media",
        "links",
        "api_keys",
        "conversation_reads",
        "conversation_sessions",
    ];
    for table in tables {
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from {table}")))
            .fetch_one(&mut app)
            .await
            .unwrap();
        assert_eq!(count, 0, "{table} without a tenant");
    }
    // Naming one business shows nothing of the other, also through COPY and joins.
    let mut tx = app.begin().await.unwrap();
    sqlx::query(AssertSqlSafe(format!("set local tarun.tenant = '{}'", two.tenant_id)))
        .execute(&mut *tx)
        .await
        .unwrap();
    let foreign: i64 =
        sqlx::query_scalar("select count(*) from messages m join conversations c on c.id = m.conversation_id")
            .fetch_one(&mut *tx)
            .await
            .unwrap();
    assert_eq!(foreign, 0);
    let own: i64 = sqlx::query_scalar("select count(*) from users").fetch_one(&mut *tx).await.unwrap();
    assert_eq!(own, 1);
    // Nor can it write into the other, or change what it is.
    let stolen =
        sqlx::query(AssertSqlSafe(format!("update users set tenant_id = '{}'", one.tenant_id))).execute(&mut *tx).await;
    assert!(stolen.unwrap_err().to_string().contains("row-level security"));
    drop(tx);
    for forbidden in [
        "set role tarun",
        "set role tarun_definer",
        "alter table users disable row level security",
        "update audit_log set action = 'x'",
        "delete from audit_log",
    ] {
        assert!(sqlx::query(AssertSqlSafe(forbidden.to_owned())).execute(&mut app).await.is_err(), "{forbidden}");
    }
}

#[tokio::test]
async fn c_080_functions_across_tenants_are_the_reviewed_ones() {
    let shop = business().await;
    let mut owner = shop.world.owner().await;
    let names: Vec<String> = sqlx::query_scalar(
        "select p.proname::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
         where n.nspname = 'public' and p.prosecdef order by 1",
    )
    .fetch_all(&mut owner)
    .await
    .unwrap();
    assert_eq!(
        names,
        [
            "contacts_matching",
            "due_jobs",
            "forget_before",
            "job_backlog",
            "messages_matching",
            "route_webhooks",
            "sort_in_new_words",
            "tenant_of_email",
            "wrapped_tenant_keys"
        ]
    );
}
