import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useRouter, useSearch } from "@tanstack/react-router";
import { useEffect } from "react";
import { api } from "@/api/client.ts";
import { ApiError, unwrap, words } from "@/api/problem.ts";
import { session } from "@/api/session.ts";
import { linkInfo } from "@/api/workspace.ts";
import { paths } from "@/lib/paths.ts";
import { useStore } from "@/lib/store.ts";
import type { FieldSpec } from "@/ui/form.tsx";
import { Name } from "@/ui/person.tsx";
import { Empty, Failed } from "@/ui/states.tsx";
import { AuthForm } from "./form.tsx";

const email: FieldSpec = { name: "email", label: "Email", type: "email", autoComplete: "username" };
const newPassword: FieldSpec = {
  name: "password",
  label: "Password",
  type: "password",
  autoComplete: "new-password",
  fresh: true,
  help: "8 characters or more.",
};

function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Tarun`;
  }, [title]);
}

export function SignIn() {
  usePageTitle("Sign in");
  const router = useRouter();
  const { next } = useSearch({ from: paths.signIn });
  // Also for those who are signed in already, here or in another tab.
  const signedIn = useStore(session).phase === "in";
  useEffect(() => {
    if (signedIn) router.history.replace(next ?? "/inbox");
  }, [signedIn, next, router]);
  return (
    <AuthForm
      title="Sign in"
      lede="Answer your customers on WhatsApp, together."
      fields={[
        email,
        { name: "password", label: "Password", type: "password", autoComplete: "current-password" },
      ]}
      action="Sign in"
      submit={({ email = "", password = "" }) =>
        unwrap(api.POST("/api/v1/auth/login", { body: { email: email, password } }))
      }
    >
      <p className="other">
        New here? <Link to={paths.signUp}>Create a workspace</Link>
      </p>
      <p className="other muted">Forgot your password? Ask an admin of your workspace for a reset link.</p>
    </AuthForm>
  );
}

export function SignUp() {
  usePageTitle("Create a workspace");
  const navigate = useNavigate();
  return (
    <AuthForm
      title="Create your workspace"
      lede="No card, and no WhatsApp number needed yet."
      fields={[
        { name: "business_name", label: "Business name", autoComplete: "organization", maxLength: 120 },
        { name: "name", label: "Your name", autoComplete: "name", maxLength: 120 },
        email,
        newPassword,
      ]}
      action="Create workspace"
      submit={({ business_name = "", name = "", email = "", password = "" }) =>
        unwrap(
          api.POST("/api/v1/auth/signup", {
            body: { business_name: business_name, name: name, email: email, password },
          }),
        )
      }
      onDone={() => void navigate({ to: paths.welcome, replace: true })}
    >
      <p className="other">
        Already have a workspace? <Link to={paths.signIn}>Sign in</Link>
      </p>
    </AuthForm>
  );
}

export function Join() {
  usePageTitle("Join");
  const { token } = useParams({ from: paths.join });
  const navigate = useNavigate();
  const link = useQuery(linkInfo(token));
  if (link.isPending) return <div className="empty" aria-busy="true" />;
  if (link.error) return <BadLink error={link.error} what="invitation" retry={() => void link.refetch()} />;
  return (
    <AuthForm
      title="Join the team"
      lede={
        <>
          <b>
            <Name>{link.data.business_name}</Name>
          </b>{" "}
          invites {link.data.email} to Tarun.
        </>
      }
      fields={[{ name: "name", label: "Your name", autoComplete: "name", maxLength: 120 }, newPassword]}
      action="Join"
      submit={({ name = "", password = "" }) =>
        unwrap(api.POST("/api/v1/auth/invitations/accept", { body: { token, name: name, password } }))
      }
      onDone={() => void navigate({ to: paths.inbox, replace: true })}
    />
  );
}

export function Reset() {
  usePageTitle("New password");
  const { token } = useParams({ from: paths.reset });
  const navigate = useNavigate();
  const link = useQuery(linkInfo(token));
  if (link.isPending) return <div className="empty" aria-busy="true" />;
  if (link.error) return <BadLink error={link.error} what="reset link" retry={() => void link.refetch()} />;
  return (
    <AuthForm
      title="Choose a new password"
      lede={`For ${link.data.email}. You are signed out everywhere else.`}
      fields={[{ ...newPassword, label: "New password" }]}
      action="Save and sign in"
      submit={({ password = "" }) =>
        unwrap(api.POST("/api/v1/auth/password/reset", { body: { token, password } }))
      }
      onDone={() => void navigate({ to: paths.inbox, replace: true })}
    />
  );
}

function BadLink({ error, what, retry }: { error: unknown; what: string; retry: () => void }) {
  if (!(error instanceof ApiError && error.isRefusal)) {
    return (
      <main className="auth">
        <Failed title={`The ${what} did not load`} error={error} retry={retry} />
      </main>
    );
  }
  return (
    <main className="auth">
      <Empty
        icon="lock"
        title={`This ${what} does not work`}
        actions={
          <Link className="btn" to={paths.signIn}>
            Sign in
          </Link>
        }
      >
        {words(error)}
      </Empty>
    </main>
  );
}
