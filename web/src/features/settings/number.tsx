import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { numbers } from "@/api/workspace.ts";
import { Button } from "@/ui/controls.tsx";
import { Empty, Failed, SkeletonRows } from "@/ui/states.tsx";
import { Frame } from "./frame.tsx";
import { NumberCard } from "./number-card.tsx";
import { ConnectDrawer } from "./number-forms.tsx";

export function NumberPage() {
  const query = useQuery(numbers());
  const [connecting, setConnecting] = useState(false);
  const connect = (
    <Button icon="plus" onClick={() => setConnecting(true)}>
      Add number
    </Button>
  );
  return (
    <Frame title="WhatsApp number" admin actions={query.data && query.data.length > 0 && connect}>
      {query.isPending && <SkeletonRows count={4} avatar={false} />}
      {query.error && !query.data && (
        <Failed title="Numbers did not load" error={query.error} retry={() => void query.refetch()} />
      )}
      {query.data?.length === 0 && (
        <Empty
          icon="phone"
          title="Connect a WhatsApp number"
          actions={
            <Button look="pri" onClick={() => setConnecting(true)}>
              Connect a number
            </Button>
          }
        >
          You need a number in Meta’s WhatsApp Manager. About ten minutes.
        </Empty>
      )}
      {query.data?.map((number) => (
        <NumberCard key={number.id} number={number} />
      ))}
      {connecting && <ConnectDrawer onClose={() => setConnecting(false)} />}
    </Frame>
  );
}
