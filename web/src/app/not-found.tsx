import { Link } from "@tanstack/react-router";
import { paths } from "@/lib/paths.ts";
import { Empty } from "@/ui/states.tsx";

export function NotFound() {
  return (
    <Empty
      icon="search"
      title="There is nothing at this address"
      actions={
        <Link className="btn pri" to={paths.inbox}>
          Open the inbox
        </Link>
      }
    >
      The link may be old, or a part of it is missing.
    </Empty>
  );
}
