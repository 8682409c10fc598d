import { useQuery, useQueryClient } from "@tanstack/react-query";
import { conversation as conversationQuery, patchContact } from "@/api/inbox.ts";
import { keys } from "@/api/keys.ts";
import { useMe } from "@/api/me.ts";
import { ApiError, isGone } from "@/api/problem.ts";
import { people } from "@/api/workspace.ts";
import { phone } from "@/lib/numbers.ts";
import { cleanLine } from "@/lib/text.ts";
import { date, fullTime } from "@/lib/time.ts";
import { knownConversation, onContact } from "@/realtime/cache.ts";
import { CopyButton } from "@/ui/controls.tsx";
import { Avatar, Name } from "@/ui/person.tsx";
import { SkeletonRows } from "@/ui/states.tsx";
import { InlineEdit } from "./inline-edit.tsx";
import "./contact.css";

/** Who the customer is. Fields are edited where they stand; if somebody else was quicker, their change is shown first. */
export function ContactPane({ conversationId }: { conversationId: string }) {
  const cache = useQueryClient();
  const { user, tenant } = useMe();
  // The list has it already, as a rule.
  const { data: conversation, error } = useQuery({
    ...conversationQuery(conversationId),
    placeholderData: () => knownConversation(cache, conversationId),
  });
  const team = useQuery(people()).data;
  if (isGone(error)) return null;
  if (!conversation) return <SkeletonRows count={3} avatar={false} />;
  const { contact } = conversation;
  const zone = tenant.time_zone;
  const agent = team?.find((person) => person.id === conversation.assigned_agent_id);

  const change = async (by: { name?: string | null; email?: string | null }): Promise<void> => {
    try {
      const saved = await patchContact(contact.id, { version: contact.version, ...by });
      onContact(cache, saved, () => ({ me: user.id, open: conversationId }));
    } catch (error) {
      if (error instanceof ApiError && error.status === 409) {
        await cache.refetchQueries({ queryKey: keys.conversation(conversationId) });
        throw new Error(
          "A teammate changed this contact a moment ago. Their version is shown now; look and save again.",
        );
      }
      throw error;
    }
  };

  return (
    <div className="pane">
      <div className="prh">
        <Avatar id={contact.id} name={contact.name} size={48} />
        <div className="grow">
          <h3>
            <InlineEdit
              label="Name"
              value={contact.name}
              maxLength={200}
              show={<Name>{contact.name}</Name>}
              save={(name) => change({ name: name === "" ? null : name })}
              hint="Empty goes back to the WhatsApp name."
            />
          </h3>
          <div className="muted">
            {contact.name_is_ours ? "Name given by your team" : "Name from WhatsApp"}
          </div>
        </div>
      </div>
      <section className="sec" aria-label="Details">
        <h4>Details</h4>
        <dl>
          <div className="pf">
            <dt>Phone</dt>
            <dd>
              {contact.phone ? (
                <>
                  <span className="num clip">{phone(contact.phone)}</span>
                  <CopyButton text={contact.phone} label="Copy the number" />
                </>
              ) : (
                <span className="muted">Hidden by WhatsApp</span>
              )}
            </dd>
          </div>
          {contact.username && (
            <div className="pf">
              <dt>Username</dt>
              <dd>
                <bdi className="clip">@{cleanLine(contact.username, 60)}</bdi>
              </dd>
            </div>
          )}
          <div className="pf">
            <dt>Email</dt>
            <dd>
              <InlineEdit
                label="Email"
                type="email"
                value={contact.email ?? ""}
                maxLength={200}
                show={contact.email ? <Name>{contact.email}</Name> : <span className="muted">Add email</span>}
                save={(email) => change({ email: email === "" ? null : email })}
              />
            </dd>
          </div>
          <div className="pf">
            <dt>Assigned to</dt>
            <dd>
              {agent ? (
                <>
                  <Avatar id={agent.id} name={agent.name} size={20} />
                  <span className="clip">
                    <Name limit={60}>{agent.name}</Name>
                  </span>
                </>
              ) : (
                <span className="muted">Nobody</span>
              )}
            </dd>
          </div>
          {contact.marketing_opt_out_at && (
            <div className="pf">
              <dt>Marketing</dt>
              <dd>
                <span
                  className="tag x mari"
                  title={`Told WhatsApp ${fullTime(contact.marketing_opt_out_at, zone)}`}
                >
                  Does not want marketing
                </span>
              </dd>
            </div>
          )}
        </dl>
      </section>
      <section className="sec" aria-label="History">
        <h4>History</h4>
        <ul className="hist">
          {conversation.resolved_at && (
            <li>
              <time dateTime={conversation.resolved_at} title={fullTime(conversation.resolved_at, zone)}>
                {date(conversation.resolved_at, zone)}
              </time>
              Last resolved
            </li>
          )}
          {conversation.first_response_at && (
            <li>
              <time
                dateTime={conversation.first_response_at}
                title={fullTime(conversation.first_response_at, zone)}
              >
                {date(conversation.first_response_at, zone)}
              </time>
              First reply by your team
            </li>
          )}
          <li>
            <time dateTime={contact.created_at} title={fullTime(contact.created_at, zone)}>
              {date(contact.created_at, zone)}
            </time>
            {contact.source === "INBOUND" ? "First wrote to you" : "Added to contacts"}
          </li>
        </ul>
      </section>
    </div>
  );
}
