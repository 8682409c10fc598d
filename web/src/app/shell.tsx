import { useQuery } from "@tanstack/react-query";
import { Outlet, useLocation, useNavigate, useParams } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { inboxCounts } from "@/api/inbox.ts";
import { useMedia } from "@/lib/hooks.ts";
import { paths } from "@/lib/paths.ts";
import { useShortcut } from "@/lib/shortcuts.ts";
import { load, save } from "@/lib/storage.ts";
import { useLive } from "./live.ts";
import { Palette } from "./palette.tsx";
import { Sheet } from "./sheet.tsx";
import { Sidebar } from "./sidebar.tsx";
import { Strip } from "./strip.tsx";
import { TabBar } from "./tabbar.tsx";
import { useTitle } from "./title.ts";
import "./shell.css";

/** What is on the screen comes first. */
const preloadMs = 3000;

/** The frame around every page: sidebar or rail or bottom bar, the connection's strip, the palette and the key sheet. */
export function Shell({ preload }: { preload: () => void }) {
  useLive();
  useEffect(() => {
    const timer = setTimeout(preload, preloadMs);
    return () => clearTimeout(timer);
  }, [preload]);
  const { pathname } = useLocation();
  const { conversationId } = useParams({ strict: false });
  const unread = useQuery(inboxCounts("all")).data?.unread ?? 0;
  const inInbox = pathname.startsWith("/inbox");
  useTitle(inInbox ? "Inbox" : "Settings", unread);

  const narrow = useMedia("(max-width: 1279px)");
  const [foldedByHand, setFolded] = useState(load("sidebar") === "folded");
  const folded = narrow || foldedByHand;
  const [layer, setLayer] = useState<"palette" | "sheet" | undefined>();
  const navigate = useNavigate();
  useShortcut("ctrl+k", () => setLayer("palette"));
  useShortcut("?", () => setLayer("sheet"));
  useShortcut("g i", () => void navigate({ to: paths.inbox, params: {} }));
  useShortcut("g s", () => void navigate({ to: paths.settings }));
  useShortcut("[", () => {
    save("sidebar", foldedByHand ? null : "folded");
    setFolded(!foldedByHand);
  });

  return (
    <div className={`app ${folded ? "folded" : ""} ${conversationId ? "in-thread" : ""}`}>
      <a className="btn skip" href="#main">
        Skip to the page
      </a>
      <Sidebar onPalette={() => setLayer("palette")} onSheet={() => setLayer("sheet")} />
      <main className="panel" id="main" tabIndex={-1}>
        <Strip />
        <Outlet />
      </main>
      <TabBar unread={unread} />
      {layer === "palette" && <Palette onClose={() => setLayer(undefined)} />}
      {layer === "sheet" && <Sheet onClose={() => setLayer(undefined)} />}
    </div>
  );
}
