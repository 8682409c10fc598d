import { session } from "./session.ts";
import type { Problem } from "./types.ts";

/** An answer of the API that is not success, or no answer at all (`status` 0). */
export class ApiError extends Error {
  readonly status: number;
  readonly problem: Problem | undefined;

  constructor(status: number, problem: Problem | undefined) {
    super(
      problem?.detail ?? (status === 0 ? "The server cannot be reached." : "The server could not do this."),
    );
    this.name = "ApiError";
    this.status = status;
    this.problem = problem;
  }

  /** Another try would not change it. One who is signed out, or was too quick, may try again. */
  get isRefusal(): boolean {
    return this.status >= 400 && this.status < 500 && this.status !== 401 && this.status !== 429;
  }

  get code(): string {
    return this.problem?.code ?? (this.status === 0 ? "unreachable" : "unknown");
  }
}

function isProblem(value: unknown): value is Problem {
  return typeof value === "object" && value !== null && "detail" in value && "code" in value;
}

/** Takes the data of an openapi-fetch answer, or throws an `ApiError`. */
export async function unwrap<T>(
  answer: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  let settled: { data?: T; error?: unknown; response: Response };
  try {
    settled = await answer;
  } catch (cause) {
    if (cause instanceof ApiError) throw cause;
    throw new ApiError(0, undefined);
  }
  if (!settled.response.ok) {
    throw new ApiError(settled.response.status, isProblem(settled.error) ? settled.error : undefined);
  }
  return settled.data as T;
}

/** It does not exist, or not for this person. */
export function isGone(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 404 || error.status === 403);
}

/** In people's words, for a toast or an error pane. */
export function words(error: unknown): string {
  if (!(error instanceof ApiError)) return "Something went wrong in this browser.";
  if (error.status === 0) return "The server cannot be reached. Check your connection and try again.";
  if (error.status === 401 && session.get().phase === "in")
    return "Your sign-in could not be renewed. Try again in a moment.";
  return error.message;
}

/** By field name, from JSON pointers: `/email` -> `email`. */
export function fieldErrors(error: unknown): Record<string, string> {
  const found: Record<string, string> = {};
  if (!(error instanceof ApiError)) return found;
  for (const field of error.problem?.errors ?? []) {
    const name = field.pointer.replace(/^\//, "").split("/")[0] ?? "";
    found[name] ??= field.detail;
  }
  return found;
}

/** What "Copy details" copies: enough to find the log lines, nothing personal. */
export function details(error: unknown): string {
  if (!(error instanceof ApiError)) return String(error);
  const { status, problem } = error;
  return [`status ${status}`, problem?.code, problem?.detail, problem && `request ${problem.request_id}`]
    .filter(Boolean)
    .join("\n");
}
