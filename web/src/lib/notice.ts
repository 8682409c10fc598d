/** A notification of the browser, or nothing where pages may not make one: Chrome on Android asks for it and then refuses. */
export function notice(title: string, options: NotificationOptions): Notification | undefined {
  try {
    return new Notification(title, options);
  } catch {
    return undefined;
  }
}
