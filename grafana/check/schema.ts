// What a dashboard file may hold: the types of the pinned @grafana/schema, put together. The package describes a panel's
// options and a panel apart, and leaves queries to the plugins of their data sources; those are described here.
// Turned into a JSON schema by schema.mjs.

import type * as raw from "@grafana/schema/dist/types/raw/dashboard/x/types.gen";
import type { GraphFieldConfig, TableFieldOptions } from "@grafana/schema";
import type * as heatmap from "@grafana/schema/dist/types/raw/composable/heatmap/panelcfg/x/types.gen";
import type * as logs from "@grafana/schema/dist/types/raw/composable/logs/panelcfg/x/types.gen";
import type * as stat from "@grafana/schema/dist/types/raw/composable/stat/panelcfg/x/types.gen";
import type * as table from "@grafana/schema/dist/types/raw/composable/table/panelcfg/x/types.gen";
import type * as text from "@grafana/schema/dist/types/raw/composable/text/panelcfg/x/types.gen";
import type * as timeseries from "@grafana/schema/dist/types/raw/composable/timeseries/panelcfg/x/types.gen";

interface Source {
  type: "prometheus" | "loki";
  uid: string;
}

interface PrometheusQuery {
  refId: string;
  datasource: Source;
  expr: string;
  editorMode?: "code" | "builder";
  format?: "time_series" | "table" | "heatmap";
  instant?: boolean;
  range?: boolean;
  legendFormat?: string;
  interval?: string;
}

interface LokiQuery {
  refId: string;
  datasource: Source;
  expr: string;
  editorMode?: "code" | "builder";
  queryType: "range" | "instant";
  legendFormat?: string;
  maxLines?: number;
}

/** A link on a value, where Grafana's schema says `unknown`. */
interface DataLink {
  title: string;
  url: string;
  targetBlank?: boolean;
}

interface Config<Custom> {
  defaults: Omit<raw.FieldConfig, "custom" | "links"> & { custom?: Custom; links?: DataLink[] };
  overrides: raw.FieldConfigSource["overrides"];
}

interface PanelOf<Type extends string, Options, Custom, Query = PrometheusQuery | LokiQuery> extends Pick<
  raw.Panel,
  "description" | "transformations" | "links"
> {
  type: Type;
  id: number;
  title: string;
  gridPos: raw.GridPos;
  datasource: Source;
  fieldConfig: Config<Custom>;
  options: Options;
  targets: Query[];
}

/** A schema of its own for each type, by its name in the file: a fault then says what it means. */
export type Timeseries = PanelOf<"timeseries", timeseries.Options, GraphFieldConfig>;
export type Stat = PanelOf<"stat", stat.Options, Record<string, never>>;
export type Table = PanelOf<"table", table.Options, TableFieldOptions>;
export type Logs = PanelOf<"logs", logs.Options, Record<string, never>, LokiQuery>;
export type Text = PanelOf<"text", text.Options, Record<string, never>>;
export type Heatmap = PanelOf<"heatmap", heatmap.Options, heatmap.FieldConfig, PrometheusQuery>;
export type Row = Omit<raw.RowPanel, "panels"> & { panels: never[] };

type Query =
  { query: string; refId: string; qryType: number } | { label: string; stream: string; type: number; refId: string };

interface Variable extends Omit<raw.VariableModel, "query"> {
  query: Query | string;
}

/** The schema knows the marks of Grafana's own data source only; these are the fields that Prometheus' reads. */
interface Mark extends Omit<raw.AnnotationQuery, "target"> {
  target?: { refId: string; datasource: Source; expr: string; interval: string };
  titleFormat?: string;
  textFormat?: string;
  tagKeys?: string;
  useValueForTime?: boolean;
}

export interface Dashboard extends Omit<raw.Dashboard, "panels" | "templating" | "annotations"> {
  uid: string;
  title: string;
  description: string;
  tags: string[];
  panels: unknown[];
  templating: { list: Variable[] };
  annotations: { list: Mark[] };
}
