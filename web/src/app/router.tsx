import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent as lazyComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import type { Status, View } from "@/api/types.ts";
import { paths } from "@/lib/paths.ts";
import { IconSprite } from "@/ui/icons.tsx";
import { ToastHost } from "@/ui/toast.tsx";
import { Gate } from "./gate.tsx";
import { NotFound } from "./not-found.tsx";
import { PageFailed } from "./page-failed.tsx";
import { part } from "./part.ts";
import { Shell } from "./shell.tsx";

const root = createRootRoute({
  component: () => (
    <>
      <IconSprite />
      <Outlet />
      <ToastHost />
    </>
  ),
  notFoundComponent: NotFound,
});

const home = createRoute({
  getParentRoute: () => root,
  path: paths.home,
  beforeLoad: () => {
    throw redirect({ to: paths.inbox });
  },
});

const lazyPages: { preload?: () => Promise<void> | undefined }[] = [];
/** A page whose code is fetched when it is first needed. */
function lazyRouteComponent<M extends Record<string, unknown>, K extends keyof M & string>(
  load: () => Promise<M>,
  name: K,
) {
  const page = lazyComponent(part(load) as () => Promise<M>, name);
  lazyPages.push(page);
  return page;
}

/** Fetches the code of the other pages, so that they open also where the line breaks later. */
export function preloadPages(): void {
  for (const page of lazyPages) void page.preload?.();
}

const auth = () => import("@/features/auth/pages.tsx");
const signIn = createRoute({
  getParentRoute: () => root,
  path: paths.signIn,
  // Only a path of this app: an address from elsewhere must not be a way out after sign-in. What is refused is named,
  // as `undefined`: the router keeps the values as given of all names that are left out here.
  validateSearch: (search: Record<string, unknown>): { next?: string | undefined } => ({
    next: typeof search.next === "string" && /^\/(?![/\\])/.test(search.next) ? search.next : undefined,
  }),
  component: lazyRouteComponent(auth, "SignIn"),
});
const signUp = createRoute({
  getParentRoute: () => root,
  path: paths.signUp,
  component: lazyRouteComponent(auth, "SignUp"),
});
const join = createRoute({
  getParentRoute: () => root,
  path: paths.join,
  component: lazyRouteComponent(auth, "Join"),
});
const reset = createRoute({
  getParentRoute: () => root,
  path: paths.reset,
  component: lazyRouteComponent(auth, "Reset"),
});

const gate = createRoute({ getParentRoute: () => root, id: "gate", component: Gate });
const welcome = createRoute({
  getParentRoute: () => gate,
  path: paths.welcome,
  component: lazyRouteComponent(() => import("./welcome.tsx"), "Welcome"),
});
const shell = createRoute({
  getParentRoute: () => gate,
  id: "shell",
  component: () => <Shell preload={preloadPages} />,
});

const views: readonly View[] = ["all", "mine", "unassigned", "unread"];
const statuses: readonly Status[] = ["OPEN", "PENDING", "RESOLVED", "SPAM"];

export interface InboxSearch {
  view?: View | undefined;
  status?: Status | undefined;
  q?: string | undefined;
}

const inbox = createRoute({
  getParentRoute: () => shell,
  path: paths.inbox,
  validateSearch: (search: Record<string, unknown>): InboxSearch => {
    const q = search.q === undefined ? "" : String(search.q).slice(0, 200);
    return {
      view: views.find((view) => view === search.view),
      status: statuses.find((status) => status === search.status),
      q: q || undefined,
    };
  },
  component: lazyRouteComponent(() => import("@/features/inbox/page.tsx"), "InboxPage"),
});

const settings = createRoute({
  getParentRoute: () => shell,
  path: paths.settings,
  component: lazyRouteComponent(() => import("@/features/settings/home.tsx"), "SettingsHome"),
});
const settingsBusiness = createRoute({
  getParentRoute: () => shell,
  path: paths.settingsBusiness,
  component: lazyRouteComponent(() => import("@/features/settings/business.tsx"), "BusinessPage"),
});
const settingsNumber = createRoute({
  getParentRoute: () => shell,
  path: paths.settingsNumber,
  component: lazyRouteComponent(() => import("@/features/settings/number.tsx"), "NumberPage"),
});
const settingsPeople = createRoute({
  getParentRoute: () => shell,
  path: paths.settingsPeople,
  component: lazyRouteComponent(() => import("@/features/settings/people.tsx"), "PeoplePage"),
});
const settingsKeys = createRoute({
  getParentRoute: () => shell,
  path: paths.settingsKeys,
  component: lazyRouteComponent(() => import("@/features/settings/api-keys.tsx"), "ApiKeysPage"),
});
const settingsFailures = createRoute({
  getParentRoute: () => shell,
  path: paths.settingsFailures,
  component: lazyRouteComponent(() => import("@/features/settings/failures.tsx"), "FailuresPage"),
});
const settingsProfile = createRoute({
  getParentRoute: () => shell,
  path: paths.settingsProfile,
  component: lazyRouteComponent(() => import("@/features/settings/profile.tsx"), "ProfilePage"),
});

const routeTree = root.addChildren([
  home,
  signIn,
  signUp,
  join,
  reset,
  gate.addChildren([
    welcome,
    shell.addChildren([
      inbox,
      settings,
      settingsBusiness,
      settingsNumber,
      settingsPeople,
      settingsKeys,
      settingsFailures,
      settingsProfile,
    ]),
  ]),
]);

export const router = createRouter({
  routeTree,
  defaultPreload: "intent",
  defaultErrorComponent: PageFailed,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
