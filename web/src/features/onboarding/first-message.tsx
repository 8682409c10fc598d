import type { Conversation, WhatsAppNumber } from "@/api/types.ts";
import { summary } from "@/lib/content.ts";
import { phone } from "@/lib/numbers.ts";
import { isSimulator, simulatorUrl } from "@/lib/simulator.ts";
import { Button } from "@/ui/controls.tsx";
import { Icon } from "@/ui/icons.tsx";
import { Name } from "@/ui/person.tsx";

/** The moment in which it works: one writes to the number, and sees the message come. */
export function FirstMessage(props: {
  number: WhatsAppNumber | undefined;
  first: Conversation | undefined;
  busy: boolean;
  onAnswer: (id: string) => void;
  onConnect: () => void;
}) {
  const { number, first } = props;
  if (!number) {
    return (
      <>
        <p>Once a number is connected, write to it from your own phone: the message shows here, live.</p>
        <Button onClick={props.onConnect}>Connect a number</Button>
      </>
    );
  }
  if (first) {
    const said = first.last_message;
    return (
      <>
        <p role="status">
          <b>
            <Name limit={60}>{first.contact.name}</Name>
          </b>{" "}
          wrote to you{said && ": "}
          {said && <Name limit={120}>{summary(said.type, said.content).text}</Name>}
        </p>
        <Button look="pri l" busy={props.busy} onClick={() => props.onAnswer(first.id)}>
          Answer it
        </Button>
      </>
    );
  }
  return (
    <>
      <p>
        {isSimulator(number) ? (
          "Write as a customer on the simulator’s phone. Nothing leaves this machine."
        ) : (
          <>
            Write to <b className="num">{phone(number.display_phone_number)}</b> on WhatsApp, from your own
            phone.
          </>
        )}
      </p>
      {isSimulator(number) && (
        <p>
          <a className="btn" href={simulatorUrl(number)} target="_blank" rel="noopener">
            <Icon name="phone" size="s" /> Open the simulator phone
          </a>
        </p>
      )}
      <p className="waiting" role="status">
        <span className="spin" aria-hidden="true" /> Waiting for the first message
      </p>
    </>
  );
}
