import { Outlet, useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { refresh, session } from "@/api/session.ts";
import { paths } from "@/lib/paths.ts";
import { useStore } from "@/lib/store.ts";
import { Button } from "@/ui/controls.tsx";
import { Empty } from "@/ui/states.tsx";

const retryMs = 5000;

/** Lets in who is signed in; sends others to sign in and back to where they wanted to go. */
export function Gate() {
  const state = useStore(session);
  const router = useRouter();

  useEffect(() => {
    if (state.phase !== "unreachable") return;
    const timer = setInterval(() => void refresh(), retryMs);
    return () => clearInterval(timer);
  }, [state.phase]);

  const left = state.phase === "out" && state.left;
  useEffect(() => {
    if (state.phase !== "out") return;
    const here = router.state.location.href;
    void router.navigate({
      to: paths.signIn,
      search: left || here === "/inbox" ? {} : { next: here },
      replace: true,
    });
  }, [state.phase, left, router]);

  if (state.phase === "in") return <Outlet />;
  if (state.phase === "out") return null;
  if (state.phase === "unreachable") {
    return (
      <Empty
        icon="wifi"
        tone="bad"
        title="Tarun cannot be reached"
        actions={<Button onClick={() => void refresh()}>Try again</Button>}
      >
        The server does not answer. This page tries again by itself.
      </Empty>
    );
  }
  return (
    <p className="boot" role="status">
      Opening Tarun…
    </p>
  );
}
