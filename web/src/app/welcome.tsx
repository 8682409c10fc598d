import { Welcome as Steps } from "@/features/onboarding/page.tsx";
import { InviteForm } from "@/features/settings/invitations.tsx";
import { ConnectForm } from "@/features/settings/number-forms.tsx";

/** The first-run page with the forms of the settings, which is where the same things are done later. */
export function Welcome() {
  return <Steps connectForm={(onDone) => <ConnectForm onDone={onDone} />} inviteForm={<InviteForm />} />;
}
