// Waiting as a person does, timed inside the page: Playwright's own waits look only every 100 ms.
import type { BrowserContext, Locator, Page } from "@playwright/test";

/** The status line, for {@link pressToShown}. */
export const STATUS = 'header [role="status"]';

/**
 * Presses, and then what `next` selects if it is given; answers the milliseconds from the press to the first frame on which
 * the element that `where` selects says what the pattern asks for.
 */
export async function pressToShown(press: Locator, where: string, pattern: string, next?: string): Promise<number> {
  return press.evaluate(
    async (button, [where, pattern, next]) => {
      const wanted = new RegExp(pattern, "s");
      const started = performance.now();
      (button as HTMLElement).click();
      if (next) document.querySelector<HTMLElement>(next)?.click();
      while (!wanted.test(document.querySelector(where)?.textContent ?? "")) {
        await new Promise((frame) => requestAnimationFrame(frame));
      }
      return performance.now() - started;
    },
    [where, pattern, next] as const,
  );
}

type Watched = Window & { shownAt?: number };

/** Lets every page opened from now on remember when it first says what the pattern asks for. */
export async function watchStart(context: BrowserContext, where: string, pattern: string): Promise<void> {
  await context.addInitScript(
    ([where, pattern]) => {
      const look = (): void => {
        if (!new RegExp(pattern).test(document.querySelector(where)?.textContent ?? "")) requestAnimationFrame(look);
        else (window as Watched).shownAt = performance.now();
      };
      requestAnimationFrame(look);
    },
    [where, pattern] as const,
  );
}

/** Milliseconds from the page's navigation to the frame that {@link watchStart} waits for. */
export async function shownAfterStart(page: Page): Promise<number> {
  const shown = await page.waitForFunction(() => (window as Watched).shownAt);
  return shown.evaluate((at) => at ?? Number.NaN);
}
