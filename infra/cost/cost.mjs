// What a deployment costs, from prices.json and usage.json: node infra/cost/cost.mjs writes infra/COST.md, with --check it only compares.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const page = path.join(here, "..", "COST.md");
const read = name => JSON.parse(fs.readFileSync(path.join(here, name), "utf8"));
const { prices, ...about } = read("prices.json");
const usage = read("usage.json");

/** The cost of amounts by price name; with the free grants of a month, or without. */
function cost(amounts, granted) {
  let total = 0;
  for (const [name, amount] of Object.entries(amounts)) {
    if (!(name in prices)) throw new Error(`prices.json has no price "${name}"`);
    const { price, per, free } = prices[name];
    total += Math.max(0, amount - (granted ? free : 0)) * price / per;
  }
  return total;
}

/** The price of a gigabyte for a second, with what belongs to it of a processor. */
const gigabyteSecond = (gigabyte, halfProcessor = null) =>
  `$${(prices[gigabyte].price + (halfProcessor ? prices[halfProcessor].price / 2 : 0)).toFixed(6)}`;

const value = entry => entry.value;
const monthSeconds = usage.month.days * 86400;

/** What a month takes in which nothing is asked of the deployment. */
function idleMonth(plan) {
  const idle = usage.idle;
  const upkeeps = monthSeconds / 60 / value(idle.upkeepMinutes);
  const storage = {
    blobGigabyteMonth: value(idle.blobGigabytes),
    blobList: upkeeps * value(idle.upkeepBlobLists),
    tableOperation: upkeeps * value(idle.upkeepTables),
  };
  const rest = { logGigabyte: value(idle.logGigabytes), vaultOperation: value(idle.vaultOperations) };
  if (plan.kind === "flex") {
    return {
      compute: { flexGigabyteSecond: upkeeps * value(idle.upkeepSeconds) * plan.gigabytes, flexExecution: upkeeps },
      storage: { ...storage, queueOperation: monthSeconds * value(idle.flexQueuesPerSecond) },
      rest: { ...rest, eventOperation: 0 },
    };
  }
  return {
    compute: { containerProcessorSecond: monthSeconds * plan.processors, containerGibibyteSecond: monthSeconds * plan.gibibytes },
    storage: {
      ...storage,
      blobList: storage.blobList + monthSeconds * value(idle.containerListsPerSecond),
      blobOther: monthSeconds * value(idle.containerOthersPerSecond),
      queueOperation: monthSeconds * value(idle.containerQueuesPerSecond),
    },
    rest: { ...rest, registryDay: usage.month.days },
  };
}

/** What one job of so many trained tokens takes. The replica of a container is paid anyway: its share of a month is shown. */
function job(plan, modelName) {
  const t = usage.training;
  const seconds = t.tokens / plan.tokensPerSecond[modelName];
  const all = seconds + value(t.secondsBeside);
  const chunks = Math.ceil(seconds / value(t.chunkSeconds));
  const checkpoints = Math.ceil(seconds / value(t.checkpointSeconds));
  const gigabytes = checkpoints * usage.models[modelName].checkpointMegabytes / 1e3
    + seconds * value(t.writesPerSecond) * value(t.liveKilobytes) / 1e6;
  const compute = plan.kind === "flex"
    ? { flexGigabyteSecond: all * plan.gigabytes, flexExecution: chunks * value(t.executionsPerChunk) }
    : { containerProcessorSecond: all * plan.processors, containerGibibyteSecond: all * plan.gibibytes };
  const storage = {
    blobGigabyteMonth: gigabytes * value(t.daysToUndelete) / usage.month.days,
    blobWrite: seconds * value(t.writesPerSecond) + checkpoints * value(t.writesPerCheckpoint),
    blobRead: seconds * value(t.readsPerSecond),
    blobOther: seconds * value(t.othersPerSecond),
    blobList: checkpoints * value(t.listsPerCheckpoint),
    queueOperation: chunks * value(t.queuesPerChunk),
    tableOperation: chunks * value(t.tablesPerChunk),
  };
  return { minutes: all / 60, compute, storage };
}

const usd = (amount, digits = 2) => `$${amount.toFixed(digits)}`;
const table = (head, rows, texts = 1) => [head, head.map((_, column) => column < texts ? "---" : "---:"), ...rows].map(row => `| ${row.join(" | ")} |`).join("\n");
const dates = Object.values(prices).map(price => price.date).sort();

function render() {
  const plans = Object.values(usage.plans);
  const idle = plans.map(plan => {
    const month = idleMonth(plan);
    const [compute, storage, rest] = [month.compute, month.storage, month.rest].map(amounts => cost(amounts, true));
    return [plan.name, usd(compute), usd(storage), usd(rest), usd(compute + storage + rest)];
  });
  const jobs = plans.flatMap(plan => Object.entries(usage.models).map(([modelName, model]) => {
    const taken = job(plan, modelName);
    const [compute, storage] = [cost(taken.compute, false), cost(taken.storage, false)];
    return [plan.name, model.name, plan.tokensPerSecond[modelName].toLocaleString("en-US"), taken.minutes.toFixed(0), usd(compute, 3), usd(storage, 3), usd(compute + storage, 3)];
  }));
  const assumptions = [
    ...plans.map(plan => [`tokens a second, ${plan.name}`, Object.values(plan.tokensPerSecond).map(rate => rate.toLocaleString("en-US")).join(" and "), plan.reason]),
    ...Object.values(usage.models).map(model => [`megabytes of a checkpoint, ${model.name}`, model.checkpointMegabytes, model.reason]),
    ...Object.entries({ ...usage.training, ...usage.idle }).filter(([, entry]) => entry.reason).map(([name, entry]) => [name, entry.value, entry.reason]),
  ];
  return `# What it costs

Computed by \`node infra/cost/cost.mjs\` from list prices in ${about.region} of ${dates[0]} to ${dates.at(-1)} (\`cost/prices.json\`: each with its meter
and its date) and from what the code does (\`cost/usage.json\`). ${about.currency}, without tax. Nothing here was read off a bill.

## A month in which nothing is asked of it

After the free grants of a subscription, which other apps in it use up too.

${table(["plan", "compute", "storage", "registry, logs, keys", "month"], idle)}

On Flex Consumption the upkeep timer is all that runs. The replica of Container Apps always runs, and is counted at the rate of a busy one: the
host looks into its queues all the time, so that it may never count as idle (an idle processor costs an eighth).

## A million trained tokens

What a job of ${usage.training.tokens.toLocaleString("en-US")} tokens, every epoch counted, adds; without free grants. On Container Apps this is a share of the month above, not an addition to it.

${table(["plan", "model", "tokens a second", "minutes", "compute", "storage", "job"], jobs, 2)}

Tokens a second are an input, not a measurement on Azure: a job's metrics show the real ones, and compute goes down by as much as they go up.

## What a job shows

A job counts seconds of work × memory of an instance × the price of a gigabyte's second: on Flex Consumption ${gigabyteSecond("flexGigabyteSecond")}, on the Consumption profile of Container
Apps ${gigabyteSecond("containerGibibyteSecond", "containerProcessorSecond")}, where a gibibyte comes with half a processor. Machines of its own have their price from the owner (\`SERVERLESS_PRICE_PER_GB_SECOND\`).

## What was assumed

${table(["input", "value", "reason"], assumptions, 3)}

Not counted: traffic out of Azure, chats (the same price for each second), generated answers to a validation file, and logs beyond the free 5 GB.
`;
}

const text = render();
if (process.argv.includes("--check")) {
  const committed = fs.existsSync(page) ? fs.readFileSync(page, "utf8").replaceAll("\r\n", "\n") : "";
  if (committed !== text) {
    console.error("infra/COST.md is not what prices.json and usage.json give; run: node infra/cost/cost.mjs");
    process.exit(1);
  }
} else {
  fs.writeFileSync(page, text);
}
