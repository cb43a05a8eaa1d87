// Visits a running catalogue: node build/visit.js http://127.0.0.1:8000. Prints what it was told as JSON.
import { Catalogue, Refused } from "./client.js";

const ITEM = "150709001000";
const GACHA = "152921110201";

async function refusal(attempt: Promise<unknown>): Promise<Refused> {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof Refused) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

const baseUrl = process.argv[2];
if (baseUrl === undefined) throw new Error("the address of the catalogue is missing");
const chinese = new Catalogue(baseUrl);
const english = new Catalogue(baseUrl, "en");

const nearest = await chinese.nearest(ITEM, GACHA);
const guide = await chinese.guide(nearest.code);
const kept = await chinese.guideUnless(nearest.code, null);
const again = await chinese.guideUnless(nearest.code, kept?.etag ?? null);

const names: string[] = [];
for await (const item of chinese.items({ service_object: "1", limit: 7 })) names.push(item.name);

const explained = await chinese.explained(nearest.code);
const check = await chinese.checked(nearest.code, { promised_limit: { amount: 400, unit: "working_day" } });
const unknownItem = await refusal(english.nearest("150799999999", GACHA));
const badRegion = await refusal(chinese.nearest(ITEM, "Alxa"));

console.log(
  JSON.stringify({
    nearest: { code: nearest.code, answeredAt: nearest.nearest.answered_at.name, why: nearest.nearest.why_zh },
    guide: {
      name: guide.name,
      windows: guide.service_locations.map((window) => window.name),
      materials: guide.materials.map((material) => [material.name, material.necessity.zh]),
      promisedLimit: guide.promised_limit.zh,
    },
    unchanged: again === null,
    names,
    explained: { kind: explained.kind, valid: explained.valid, parts: explained.explained_parts.map((part) => part.value) },
    check: { acceptable: check.acceptable, refused: check.refusals.map((refused) => [refused.element, refused.rule]) },
    unknownItem: { kind: unknownItem.kind, status: unknownItem.problem.status, title: unknownItem.problem.title },
    badRegion: { kind: badRegion.kind, region: badRegion.faultAt("/query/region") },
  }),
);
