// Signing in, the passcode, opening and locking: how a person comes to the app.
import { expect, type Locator, type Page } from "@playwright/test";

import { PASSWORD, type UserName } from "../colleague.ts";
import type { Device } from "../device.ts";
import { goTo, statusLine, synced } from "./status.ts";

export const PASSCODE = "246813";

/** The first time on a device: signs in, sets the passcode, and waits until work and app are there. */
export async function signInAndSetPasscode(page: Page, user: UserName, passcode = PASSCODE): Promise<void> {
  await signIn(page, user);
  await setPasscode(page, passcode);
  await inTheApp(page);
  await synced(page);
  await underTheWorker(page);
}

/**
 * As {@link signInAndSetPasscode}, on a device that is going to be killed. It is closed once before: a browser brings its
 * cookies to the disk some time, but at the latest then.
 */
export async function signInForTheWorst(device: Device, user: UserName): Promise<Page> {
  await signInAndSetPasscode(await device.open(), user);
  await device.close();
  await device.reopen();
  const page = await device.open();
  await unlock(page);
  await synced(page);
  return page;
}

/** Lets the app sync while it is closed. */
export async function syncWhileClosed(page: Page): Promise<void> {
  await goTo(page, "More");
  await page.getByRole("switch", { name: "Sync while the app is closed" }).check();
}

/** Waits until the service worker has the app on the device and serves the page. */
export async function underTheWorker(page: Page): Promise<void> {
  const served = (): Promise<boolean> => page.evaluate(() => navigator.serviceWorker.controller !== null);
  await expect.poll(served, { timeout: 30_000 }).toBe(true);
}

/** Through the server's sign-in page and back. */
export async function signIn(page: Page, user: UserName): Promise<void> {
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await fillSignIn(page, user);
}

/** Fills the server's own page. */
export async function fillSignIn(page: Page, user: UserName): Promise<void> {
  await page.getByLabel("User name").fill(user);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** Chooses the passcode, and repeats it. */
export async function setPasscode(page: Page, passcode = PASSCODE): Promise<void> {
  await (await repeatPasscode(page, passcode)).click();
}

/** As {@link setPasscode}, up to the last press: answers its button. */
export async function repeatPasscode(page: Page, passcode = PASSCODE): Promise<Locator> {
  await expect(page.getByRole("heading", { name: "Set a passcode" })).toBeVisible();
  await tapDigits(page, passcode);
  await page.getByRole("button", { name: "Next", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Repeat the passcode" })).toBeVisible();
  await tapDigits(page, passcode);
  return page.getByRole("button", { name: "Seal this device" });
}

/** Opens what is on the device; needs no server. */
export async function unlock(page: Page, passcode = PASSCODE): Promise<void> {
  await (await enterPasscode(page, passcode)).click();
  await inTheApp(page);
}

/** As {@link unlock}, up to the last press: answers its button. */
export async function enterPasscode(page: Page, passcode = PASSCODE): Promise<Locator> {
  await expect(page.getByRole("heading", { name: /^Hello/ })).toBeVisible();
  await tapDigits(page, passcode);
  return page.getByRole("button", { name: "Unlock", exact: true });
}

/** Waits for the app's frame. */
export async function inTheApp(page: Page): Promise<void> {
  await expect(statusLine(page)).toBeVisible();
}

async function tapDigits(page: Page, digits: string): Promise<void> {
  for (const digit of digits) await page.getByRole("button", { name: digit, exact: true }).click();
}
