import type { WhatsAppNumber } from "@/api/types.ts";
import { otherGraph } from "@/lib/simulator.ts";
import { Button, CopyButton } from "@/ui/controls.tsx";
import "./settings.css";

/** What belongs into Meta's forms, and which secrets are used. */
export function ForMeta({ number, onReplace }: { number: WhatsAppNumber; onReplace?: () => void }) {
  const graph = otherGraph(number);
  return (
    <div className="card">
      <header>
        <h2>To enter at Meta</h2>
      </header>
      <dl className="in">
        <Entry label="Callback URL" value={number.webhook_url} />
        {number.verify_token && <Entry label="Verify token" value={number.verify_token} />}
        {onReplace && (
          <>
            <Secret label="Access token" hint={number.access_token_hint} onReplace={onReplace} />
            <Secret label="App secret" hint={number.app_secret_hint} onReplace={onReplace} />
          </>
        )}
        {graph && (
          <div className="kv">
            <dt>Calls go to</dt>
            <dd>
              <span className="mono grow" title="Set by WHATSAPP_GRAPH_URL, in place of graph.facebook.com">
                {graph}
              </span>
            </dd>
          </div>
        )}
      </dl>
    </div>
  );
}

function Secret(props: { label: string; hint: string; onReplace: () => void }) {
  return (
    <div className="kv">
      <dt>{props.label}</dt>
      <dd>
        <span className="mono grow">ends in {props.hint}</span>
        <Button look="s" onClick={props.onReplace}>
          Replace
        </Button>
      </dd>
    </div>
  );
}

function Entry({ label, value }: { label: string; value: string }) {
  return (
    <div className="kv">
      <dt>{label}</dt>
      <dd>
        <span className="mono grow">{value}</span>
        <CopyButton text={value} label={`Copy ${label.toLowerCase()}`} />
      </dd>
    </div>
  );
}
