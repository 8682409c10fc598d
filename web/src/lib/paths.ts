/** Every address of the app. Links and the router take them from here. */
export const paths = {
  home: "/",
  signIn: "/sign-in",
  signUp: "/sign-up",
  join: "/join/$token",
  reset: "/reset/$token",
  welcome: "/welcome",
  inbox: "/inbox/{-$conversationId}",
  settings: "/settings",
  settingsBusiness: "/settings/business",
  settingsNumber: "/settings/number",
  settingsPeople: "/settings/people",
  settingsKeys: "/settings/api-keys",
  settingsFailures: "/settings/failures",
  settingsProfile: "/settings/profile",
} as const;
