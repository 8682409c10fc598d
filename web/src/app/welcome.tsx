import { Welcome as Steps } from "@/features/onboarding/page.tsx";
import { BusinessForm } from "@/features/settings/business-form.tsx";
import { Checklist } from "@/features/settings/checklist.tsx";
import { ForMeta } from "@/features/settings/for-meta.tsx";
import { InviteForm } from "@/features/settings/invitations.tsx";
import { ConnectForm } from "@/features/settings/number-forms.tsx";
import { useTitle } from "./title.ts";

/** The first-run page with the forms of the settings, which is where the same things are done later. */
export function Welcome() {
  useTitle("Welcome");
  return (
    <Steps
      businessForm={(onDone) => <BusinessForm action="Continue" look="pri l" focus onDone={onDone} />}
      connectForm={(onDone) => <ConnectForm onDone={onDone} />}
      connection={(number) => (
        <>
          <ForMeta number={number} />
          <Checklist number={number} />
        </>
      )}
      inviteForm={<InviteForm />}
    />
  );
}
