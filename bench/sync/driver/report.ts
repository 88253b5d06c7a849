// What the runs showed, as tables and for machines.
import { type Comparison, judge, keepResults, type Target, tables, withMedians } from "../../table.ts";
import { CHANGED, PULLED, PUSHED, type Step, type Steps } from "./run.ts";

const SUBJECT = "Holdfast";
const BASELINE = "raw";
const AGAIN = "raw again";
const KILOBYTE = 1_000;

interface Work {
  step: keyof Steps;
  work: string;
  times: number;
  kilobytes: number;
}

const WORKS: Work[] = [
  { step: "pull", work: `pull ${PULLED} records`, times: 0.7, kilobytes: 165 },
  { step: "delta", work: `delta of ${CHANGED} changes`, times: 2, kilobytes: 1.5 },
  { step: "push", work: `push ${PUSHED} queued writes`, times: 3, kilobytes: 14 },
];

const NOTES = [
  "The baseline: one fetch of gzipped JSON, JSON.parse, one relaxed transaction. Noise: the baseline, measured twice.",
  "Each device has been set up and has met its empty server before; RxDB and Replicache sync with the baseline's server.",
  "Bytes are those on the wire, headers with them. Holdfast stores sealed and strictly, and its server commits to disk;",
  "the others' servers keep everything in memory. When Replicache's pull is over, it has not written to disk yet.",
];

/** Prints the tables and writes `bench/results/sync.json`. */
export async function report(runs: number, collected: ReadonlyMap<string, readonly Steps[]>, out: Readonly<Record<string, string>>): Promise<void> {
  const judged = WORKS.flatMap((work) => comparisons(work, collected)).map((comparison) => judge(comparison, SUBJECT));
  console.log(
    [
      "",
      `Medians of ${runs} runs.`,
      ...NOTES,
      "",
      tables(judged, [...collected.keys()]),
      ...Object.entries(out).map(([label, reason]) => `\n${label} could not be measured: ${reason}`),
      "",
    ].join("\n"),
  );
  await keepResults("sync", { runs, comparisons: judged, notMeasured: out });
}

function comparisons({ step, work, times, kilobytes }: Work, collected: ReadonlyMap<string, readonly Steps[]>): Comparison[] {
  const of = (value: (step: Step) => number): Pick<Comparison, "medians" | "values"> => {
    const found = [...collected].filter(([, runs]) => runs.length > 0);
    return withMedians(Object.fromEntries(found.map(([label, runs]) => [label, runs.map((steps) => value(steps[step]))])));
  };
  const sum: Target = { of: "value", atMost: kilobytes };
  const common = { baseline: BASELINE, again: AGAIN };
  return [
    { ...common, work, unit: "ms", target: { of: "ratio", atMost: times }, ...of(({ ms }) => ms) },
    { ...common, work: `${work}: bytes both ways`, unit: "KB", target: sum, ...of(({ bytes }) => (bytes.up + bytes.down) / KILOBYTE) },
    { ...common, work: `${work}: up`, unit: "KB", ...of(({ bytes }) => bytes.up / KILOBYTE) },
    { ...common, work: `${work}: down`, unit: "KB", ...of(({ bytes }) => bytes.down / KILOBYTE) },
  ];
}
