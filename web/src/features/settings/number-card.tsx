import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { api } from "@/api/client.ts";
import { keys } from "@/api/keys.ts";
import { useMe } from "@/api/me.ts";
import { unwrap } from "@/api/problem.ts";
import type { WhatsAppNumber } from "@/api/types.ts";
import { useNow } from "@/lib/hooks.ts";
import { count, phone } from "@/lib/numbers.ts";
import { isSimulator, simulatorUrl } from "@/lib/simulator.ts";
import { ago } from "@/lib/time.ts";
import { Icon } from "@/ui/icons.tsx";
import { Menu } from "@/ui/menu.tsx";
import { Name } from "@/ui/person.tsx";
import { Checklist } from "./checklist.tsx";
import { Confirm } from "./confirm.tsx";
import { ForMeta } from "./for-meta.tsx";
import { SecretsDrawer } from "./number-forms.tsx";

const quality: Record<string, readonly [string, string]> = {
  GREEN: ["ok", "High"],
  YELLOW: ["warn", "Medium"],
  RED: ["bad", "Low"],
};

/** One number: who it is, how it does, whether it is connected well, and what to enter at Meta. */
export function NumberCard({ number }: { number: WhatsAppNumber }) {
  const { tenant } = useMe();
  const cache = useQueryClient();
  const now = useNow();
  const [layer, setLayer] = useState<"secrets" | "remove" | undefined>();
  const { health } = number;
  const [dot, word] = quality[health.quality] ?? ["", "–"];
  const close = useCallback(() => setLayer(undefined), []);
  const remove = useCallback(async () => {
    await unwrap(api.DELETE("/api/v1/whatsapp/numbers/{id}", { params: { path: { id: number.id } } }));
    await cache.invalidateQueries({ queryKey: keys.numbers });
  }, [cache, number.id]);

  return (
    <section aria-label={number.display_phone_number}>
      <div className="card ident">
        <span className="mark-box">
          <Icon name="chat" size="l" />
        </span>
        <div className="grow">
          <h2 className="num">{phone(number.display_phone_number)}</h2>
          <span className="row muted">
            <Name limit={80}>{number.verified_name ?? "Name not read from Meta yet"}</Name>
            {health.last_webhook_received_at && <span className="tag x pine">Connected</span>}
            {isSimulator(number) && <span className="tag x">Simulator</span>}
          </span>
        </div>
        <div className="facts">
          <div className="fact">
            <span>Quality</span>
            <b title={word === "–" ? "Meta has not told yet" : ""}>
              {dot && <i className={`dot ${dot}`} />}
              {word}
            </b>
          </div>
          <div className="fact">
            <span>Last message in</span>
            <b>
              {health.last_webhook_received_at
                ? ago(health.last_webhook_received_at, tenant.time_zone, now)
                : "None yet"}
            </b>
          </div>
          <div className="fact">
            <span>Waiting to be handled</span>
            <b className="num">{count(health.backlog)}</b>
          </div>
        </div>
        <Menu
          label={`Actions for ${number.display_phone_number}`}
          buttonClass="ib"
          button={() => <Icon name="more" />}
          items={[
            { label: "Replace secrets", icon: "key", onSelect: () => setLayer("secrets") },
            { label: "Remove number", icon: "trash", danger: true, onSelect: () => setLayer("remove") },
          ]}
        />
      </div>
      {health.paused_reason && (
        <p className="refused" role="alert">
          Sending is paused. {health.paused_reason}
        </p>
      )}
      <div className="columns">
        <Checklist number={number} />
        <div>
          <ForMeta number={number} onReplace={() => setLayer("secrets")} />
          {isSimulator(number) && (
            <div className="card">
              <header>
                <h2>Simulator</h2>
              </header>
              <div className="in">
                <p className="muted">
                  This number talks to the WhatsApp simulator. No real customer is messaged.
                </p>
                <p>
                  <a className="btn" href={simulatorUrl(number)} target="_blank" rel="noopener">
                    <Icon name="phone" size="s" /> Open the simulator phone
                  </a>
                </p>
              </div>
            </div>
          )}
        </div>
      </div>
      {layer === "secrets" && <SecretsDrawer number={number} onClose={close} />}
      {layer === "remove" && (
        <Confirm title="Remove this number?" action="Remove number" run={remove} onClose={close}>
          {phone(number.display_phone_number)} stops receiving and sending here. Past conversations stay
          readable.
        </Confirm>
      )}
    </section>
  );
}
