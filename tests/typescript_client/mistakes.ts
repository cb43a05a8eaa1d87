// Not part of the client: each line marked "refused" must not compile, which shows that the types bite.
import type { Guide, ItemFilter, Problem, Schemas } from "./client.js";

export const misspelt = (guide: Guide): string => guide.nmae; // refused: no such field
export const alwaysThere = (guide: Guide): string => guide.handling_item_name.trim(); // refused: may be null
export const notAlwaysThere = (problem: Problem): number => problem.errors.length; // refused: may be left out
export const wrongKind = (guide: Guide): number => guide.name; // refused: a string
export const wrongFilter: ItemFilter = { natural_theme: "085" }; // refused: no such filter
export const wrongUnit: Schemas["TimeLimit"] = { amount: 3, unit: "fortnight" }; // refused: no such unit
export const right = (guide: Guide): string => guide.name;
