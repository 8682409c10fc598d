const Blank = () => null;
export const SettingsHome = Blank;
export const NumberPage = Blank;
export const PeoplePage = Blank;
export const ApiKeysPage = Blank;
export const FailuresPage = Blank;
export const ProfilePage = Blank;
