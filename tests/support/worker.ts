// The service worker from outside, over the browser's developer tools: events that the browser would fire by itself
// some time, and the end that it may put to a worker at any time.
import type { BrowserContext, CDPSession, Page } from "@playwright/test";

const APPEARS_WITHIN_MS = 15_000;

interface Registration {
  registrationId: string;
  scopeURL: string;
  isDeleted: boolean;
}

interface Version {
  versionId: string;
  registrationId: string;
  runningStatus: string;
  status: string;
}

export class WorkerControl {
  private readonly registrations = new Map<string, Registration>();
  private readonly versions = new Map<string, Version>();

  private constructor(
    private readonly session: CDPSession,
    private readonly origin: string,
  ) {}

  /** `page` may be of any origin: the tools see all workers of the profile. */
  static async attach(context: BrowserContext, page: Page, origin: string): Promise<WorkerControl> {
    const session = await context.newCDPSession(page);
    const control = new WorkerControl(session, origin);
    session.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
      for (const registration of registrations) control.registrations.set(registration.registrationId, registration);
    });
    session.on("ServiceWorker.workerVersionUpdated", ({ versions }) => {
      for (const version of versions) control.versions.set(version.versionId, version);
    });
    await session.send("ServiceWorker.enable");
    return control;
  }

  /** Fires a `sync` event, as the browser does when the network is back. */
  async sync(tag: string): Promise<void> {
    const registrationId = await this.registration();
    await this.session.send("ServiceWorker.dispatchSyncEvent", {
      origin: this.origin,
      registrationId,
      tag,
      lastChance: false,
    });
  }

  /** Fires a `periodicsync` event. */
  async periodicSync(tag: string): Promise<void> {
    const registrationId = await this.registration();
    await this.session.send("ServiceWorker.dispatchPeriodicSyncEvent", { origin: this.origin, registrationId, tag });
  }

  /** Ends the worker's process state as the browser does with an idle one. */
  async stop(): Promise<void> {
    await this.registration();
    await this.session.send("ServiceWorker.stopAllWorkers");
  }

  private async registration(): Promise<string> {
    const deadline = Date.now() + APPEARS_WITHIN_MS;
    while (Date.now() < deadline) {
      for (const { registrationId, scopeURL, isDeleted } of this.registrations.values()) {
        if (!isDeleted && scopeURL.startsWith(this.origin)) return registrationId;
      }
      await new Promise((wake) => setTimeout(wake, 20));
    }
    throw new Error(`no service worker is registered at ${this.origin}`);
  }
}
