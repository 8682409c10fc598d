import { toast } from "@/ui/toast.tsx";
import { BusinessForm } from "./business-form.tsx";
import { Frame } from "./frame.tsx";

/** What the first-run steps asked: it may have been answered in haste. */
export function BusinessPage() {
  return (
    <Frame title="Business" admin>
      <div className="card narrow">
        <header>
          <h2>Your business</h2>
        </header>
        <div className="in">
          <BusinessForm action="Save" look="" focus={false} onDone={() => toast("Saved.")} />
        </div>
      </div>
    </Frame>
  );
}
