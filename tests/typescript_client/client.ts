// A front end's client of the catalogue. Everything it knows of the API comes from catalogue.d.ts, which
// openapi-typescript generates from schemas/openapi.json.
import createClient from "openapi-fetch";

import type { components, paths } from "./catalogue.js";

export type Schemas = components["schemas"];
export type Guide = Schemas["GuideView"];
export type NearestGuide = Schemas["NearestGuideView"];
export type ItemLine = Schemas["ItemLine"];
export type Problem = Schemas["Problem"];
export type ItemFilter = NonNullable<paths["/v1/basic-items"]["get"]["parameters"]["query"]>;

/** A refusal of the catalogue; `problem` says which one and why, in the language that was asked for. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }

  /** The name of the kind of refusal, as in docs/api.md. */
  get kind(): string {
    return this.problem.type.replace("/problems/", "");
  }

  /** What is wrong with one field of the input; `pointer` is a JSON pointer. */
  faultAt(pointer: string): string | undefined {
    return this.problem.errors?.find((fault) => fault.pointer === pointer)?.detail;
  }
}

export class Catalogue {
  private readonly api;

  constructor(
    private readonly baseUrl: string,
    language: "zh" | "en" = "zh",
  ) {
    this.api = createClient<paths>({ baseUrl, headers: { "Accept-Language": language } });
  }

  async guide(code: string): Promise<Guide> {
    return answered(await this.api.GET("/v1/guides/{code}", { params: { path: { code } } }));
  }

  /** The guide with its ETag, or null where the copy with that ETag is still right. */
  async guideUnless(code: string, etag: string | null): Promise<{ guide: Guide; etag: string | null } | null> {
    const headers = etag === null ? {} : { "If-None-Match": etag };
    const answer = await this.api.GET("/v1/guides/{code}", { params: { path: { code } }, headers });
    if (answer.response.status === 304) return null;
    return { guide: answered(answer), etag: answer.response.headers.get("ETag") };
  }

  async nearest(basicCode: string, region: string): Promise<NearestGuide> {
    const query = { basic_code: basicCode, region };
    return answered(await this.api.GET("/v1/guides", { params: { query } }));
  }

  /** Every item of the filter, page by page until `next` is null. */
  async *items(filter: ItemFilter = {}): AsyncGenerator<ItemLine> {
    let after: string | null = filter.after ?? null;
    do {
      const query: ItemFilter = after === null ? filter : { ...filter, after };
      const page = answered(await this.api.GET("/v1/basic-items", { params: { query } }));
      yield* page.items;
      after = page.next === null ? null : new URL(page.next, this.baseUrl).searchParams.get("after");
    } while (after !== null);
  }

  async explained(code: string): Promise<Schemas["ExplainedCode"]> {
    return answered(await this.api.GET("/v1/codes/{code}", { params: { path: { code } } }));
  }

  /** Would this local draft be accepted? Nothing is written. */
  async checked(code: string, draft: Partial<Schemas["LocalContent"]>): Promise<Schemas["CheckView"]> {
    return answered(
      await this.api.POST("/v1/implementations/{code}/check", { params: { path: { code } }, body: draft }),
    );
  }
}

function answered<T>(answer: { data?: T; error?: Problem | undefined; response: Response }): T {
  if (answer.data !== undefined) return answer.data;
  if (answer.error !== undefined) throw new Refused(answer.error);
  throw new Error(`neither an answer nor a problem: ${answer.response.status}`);
}
