import { PanelBuilder as BarGauge } from '@grafana/grafana-foundation-sdk/bargauge'
import {
  BarGaugeDisplayMode,
  BigValueColorMode,
  BigValueGraphMode,
  GraphDrawStyle,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  LineInterpolation,
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import {
  MappingType,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard'
import {
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  HeatmapColorScale,
  PanelBuilder as Heatmap,
  YAxisConfigBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap'
import type { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as Stat } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as StatusHistory } from '@grafana/grafana-foundation-sdk/statushistory'
import { PanelBuilder as Table } from '@grafana/grafana-foundation-sdk/table'
import { PanelBuilder as Timeseries } from '@grafana/grafana-foundation-sdk/timeseries'
import { SOURCE } from './queries.js'

/** What a panel is called, what it tells and how to read it, and the unit of its values. */
export interface Told {
  readonly title: string
  readonly text: string
  readonly unit: string
}

/** Colours from a value on; the first one holds below. */
export type Steps = readonly [below: string, ...from: readonly (readonly [value: number, colour: string])[]]

export const UNITS = {
  count: 'none',
  ratio: 'percentunit',
  seconds: 's',
  usd: 'currencyUSD',
  bytes: 'bytes',
  perSecond: 'ops',
  time: 'dateTimeFromNow',
} as const

export function thresholds([below, ...from]: Steps): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([{ value: null, color: below }, ...from.map(([value, color]) => ({ value, color }))])
}

/** Values as words. */
export function words(options: Readonly<Record<number, readonly [text: string, colour: string]>>): ValueMapping[] {
  const entries = Object.entries(options).map(([value, [text, color]], index) => [value, { text, color, index }])
  return [{ type: MappingType.ValueToText, options: Object.fromEntries(entries) as never }]
}

/** What every panel takes; its methods change it and give it back. */
interface Panel {
  title(title: string): this
  description(text: string): this
  datasource(source: typeof SOURCE): this
  unit(unit: string): this
  targets(queries: DataqueryBuilder[]): this
  height(rows: number): this
  span(columns: number): this
}

function laidOut<P extends Panel>(
  panel: P,
  { title, text, unit }: Told,
  queries: readonly DataqueryBuilder[],
  height: number,
  span: number,
): P {
  return panel
    .title(title)
    .description(text)
    .datasource(SOURCE)
    .unit(unit)
    .targets([...queries])
    .height(height)
    .span(span)
}

/** Lines over time. */
export function graph(told: Told, ...queries: readonly DataqueryBuilder[]): Timeseries {
  return laidOut(new Timeseries(), told, queries, 8, 12)
    .lineWidth(1)
    .fillOpacity(8)
    .showPoints(VisibilityMode.Auto)
    .lineInterpolation(LineInterpolation.StepAfter)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.Table)
        .placement(LegendPlacement.Bottom)
        .calcs(['lastNotNull', 'max']),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi))
}

/** Lines that are crossed by limits, which are drawn dashed. */
export function limited(panel: Timeseries, steps: Steps): Timeseries {
  return panel
    .thresholds(thresholds(steps))
    .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed))
}

/** Series whose name matches are limits: dashed and without filling. */
export function withLimits(panel: Timeseries, names: string): Timeseries {
  return panel.overrideByRegexp(names, [
    { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 6] } },
    { id: 'custom.fillOpacity', value: 0 },
    { id: 'color', value: { mode: 'fixed', fixedColor: 'red' } },
  ])
}

/** Bars over time, one on another. */
export function stacked(told: Told, ...queries: readonly DataqueryBuilder[]): Timeseries {
  return graph(told, ...queries)
    .drawStyle(GraphDrawStyle.Bars)
    .fillOpacity(70)
    .lineWidth(0)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal))
}

/** The same of events that are rare: averaged over five minutes at least, so that one does not look like a thousand. */
export function rare(told: Told, ...queries: readonly DataqueryBuilder[]): Timeseries {
  return stacked(told, ...queries).interval('5m')
}

/** Areas over time, one on another. */
export function layered(told: Told, ...queries: readonly DataqueryBuilder[]): Timeseries {
  return graph(told, ...queries)
    .fillOpacity(40)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal))
}

/** Large figures of this moment. */
export function figure(told: Told, ...queries: readonly DataqueryBuilder[]): Stat {
  return laidOut(new Stat(), told, queries, 4, 4)
    .graphMode(BigValueGraphMode.None)
    .colorMode(BigValueColorMode.Value)
    .thresholds(thresholds(['text']))
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
}

/** How much of something is used, or how values compare. */
export function bars(told: Told, ...queries: readonly DataqueryBuilder[]): BarGauge {
  return laidOut(new BarGauge(), told, queries, 8, 8)
    .min(0)
    .orientation(VizOrientation.Horizontal)
    .displayMode(BarGaugeDisplayMode.Basic)
    .thresholds(thresholds(['blue']))
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
}

/** Rows of labels with one value from each query, joined by their labels. `columns` names the values in their order. */
export function list(
  told: Told,
  columns: Readonly<Record<string, string>>,
  ...queries: readonly DataqueryBuilder[]
): Table {
  const names = Object.fromEntries(
    Object.entries(columns).map(([title, ref]) => [queries.length === 1 ? 'Value' : `Value #${ref}`, title]),
  )
  return laidOut(
    new Table(),
    told,
    queries.map((one, index) => one.refId(String.fromCodePoint(65 + index))),
    8,
    12,
  ).transformations([
    { id: 'merge', options: {} },
    { id: 'organize', options: { excludeByName: { Time: true }, renameByName: names } },
  ])
}

/** A state of each series over time, by colour. */
export function history(told: Told, steps: Steps, ...queries: readonly DataqueryBuilder[]) {
  return laidOut(new StatusHistory(), told, queries, 8, 12)
    .maxDataPoints(60)
    .showValue(VisibilityMode.Never)
    .thresholds(thresholds(steps))
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom),
    )
}

/** Observations by bucket over time. `unit` is that of the buckets. */
export function heat(told: Told, one: DataqueryBuilder): Heatmap {
  return laidOut(new Heatmap(), told, [one], 8, 12)
    .calculate(false)
    .yAxis(new YAxisConfigBuilder().unit(told.unit))
    .color(
      new HeatmapColorOptionsBuilder()
        .mode(HeatmapColorMode.Scheme)
        .scheme('Oranges')
        .scale(HeatmapColorScale.Exponential)
        .exponent(0.5)
        .steps(64),
    )
    .showLegend()
}
