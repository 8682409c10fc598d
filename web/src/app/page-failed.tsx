import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { Failed } from "@/ui/states.tsx";
import { PartMissing } from "./part.ts";

/** In place of a page whose code could not be fetched, or that broke while it was drawn. */
export function PageFailed({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <Failed
      title="This page did not load"
      error={error}
      {...(error instanceof PartMissing
        ? { words: "The server cannot be reached. Check your connection and try again." }
        : {})}
      retry={() => {
        reset();
        void router.invalidate();
      }}
    />
  );
}
