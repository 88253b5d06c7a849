// Tasks that keep the main thread from answering a person: those that the browser calls long, over 50 ms.
export class LongTasks {
  private readonly seen: number[] = [];
  private readonly observer = new PerformanceObserver((list) => this.note(list.getEntries()));

  constructor() {
    this.observer.observe({ type: "longtask" });
  }

  /** How many there were since, and how many milliseconds the longest took. */
  async end(): Promise<{ number: number; longest: number }> {
    // The task under way is reported after it has ended.
    for (let turn = 0; turn < 3; turn += 1) await new Promise((next) => setTimeout(next, 20));
    this.note(this.observer.takeRecords());
    this.observer.disconnect();
    return { number: this.seen.length, longest: Math.max(0, ...this.seen) };
  }

  private note(entries: PerformanceEntryList): void {
    this.seen.push(...entries.map((entry) => entry.duration));
  }
}
