import type { Origin } from "@/api/types.ts";
import { webUrl } from "@/lib/text.ts";
import { Icon } from "@/ui/icons.tsx";
import { Name } from "@/ui/person.tsx";

/** Where a customer's message came from, as far as WhatsApp tells: one grey line above it. */
export function OriginLine({ origin }: { origin: Origin }) {
  const { forwarded, referral, product } = origin;
  const address = webUrl(referral?.source_url ?? "");
  const said = referral && (referral.headline || referral.body);
  return (
    <>
      {forwarded && (
        <div className="origin">
          <Icon name="reply" size="xs" /> {forwarded === "often" ? "Forwarded many times" : "Forwarded"}
        </div>
      )}
      {referral && (
        <div className="origin">
          From {referral.source_type === "post" ? "a post" : "an ad"}
          {said && ": "}
          {said && <Name limit={100}>{said}</Name>}
          {address && (
            <a href={address} target="_blank" rel="noopener noreferrer">
              Open <Icon name="ext" size="xs" />
            </a>
          )}
        </div>
      )}
      {product?.product_retailer_id && (
        <div className="origin">
          About the product <Name limit={60}>{product.product_retailer_id}</Name>
        </div>
      )}
    </>
  );
}
