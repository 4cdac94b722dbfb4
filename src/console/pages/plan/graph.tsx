import '@xyflow/react/dist/base.css'
import { useElementSize } from '@mantine/hooks'
import {
  BaseEdge,
  type Edge,
  type EdgeProps,
  Handle,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
} from '@xyflow/react'
import { useMemo } from 'react'
import { StateBadge } from '../../parts/badges.js'
import { amountFigure, usdFigure } from '../../parts/figures.js'
import { Scrolls } from '../../parts/page.js'
import { LEGS } from '../history/words.js'
import type { LegState, PlannedLeg } from './api.js'
import type { Held } from './holdings.js'
import { type Box, type HoldingBox, type Lane, layoutOf, pathOf, type Point } from './layout.js'
import classes from './graph.module.css'
import type { End } from './rows.js'
import { groupSlices, type LegGroup, stateOfGroup } from './slices.js'
import { KINDS, legTitle } from './words.js'

/** Smaller than this, text is no longer easy to read: what is wider is moved sideways. */
const LEAST_ZOOM = 0.85

type LaneNode = Node<{ readonly chain: string }, 'lane'>
type HoldingNode = Node<{ readonly end: End; readonly held: Held | undefined }, 'holding'>
type LegNode = Node<
  { readonly group: LegGroup; readonly state: LegState | undefined; readonly open: () => void },
  'leg'
>
type LineEdge = Edge<{ readonly points: readonly Point[]; readonly state: LegState | undefined }, 'line'>

interface GraphProps {
  readonly legs: readonly PlannedLeg[]
  /** How the columns stand. */
  readonly chains: readonly string[]
  readonly stateOf: (leg: string) => LegState | undefined
  readonly heldAt: (end: End) => Held | undefined
  readonly onOpen: (leg: string) => void
}

/** The plan as a picture: a column for each chain, money flowing down. The list of legs says the same in words. */
export function PlanGraph({ legs, chains, stateOf, heldAt, onOpen }: GraphProps) {
  const { ref, width } = useElementSize()
  const groups = useMemo(() => groupSlices(legs), [legs])
  const layout = useMemo(() => layoutOf(groups, chains), [groups, chains])
  const stateOfLegs = (group: LegGroup) => stateOfGroup(group.legs.map(({ id }) => stateOf(id)))
  const zoom = Math.max(LEAST_ZOOM, Math.min(1, width > 0 ? width / layout.width : 1))
  const nodes = [
    ...layout.lanes.map((lane) => laneNode(lane)),
    ...layout.boxes.map((box) => {
      if (box.type === 'holding') return holdingNode(box, heldAt)
      const group = groups[box.index]!
      const data = { group, state: stateOfLegs(group), open: () => onOpen(group.id) }
      return { id: box.id, type: 'leg', ...placed(box), data } satisfies LegNode
    }),
  ]
  const edges = layout.lines.map(({ id, from, to, points }): LineEdge => {
    const group = groups.find((one) => one.id === from || one.id === to)
    return { id, type: 'line', source: from, target: to, data: { points, state: group && stateOfLegs(group) } }
  })
  return (
    <div ref={ref}>
      <Scrolls label="The plan as a graph">
        <div className={classes.graph} style={{ width: layout.width * zoom, height: layout.height * zoom }}>
          <ReactFlow
            nodes={nodes}
            edges={edges}
            nodeTypes={NODE_TYPES}
            edgeTypes={EDGE_TYPES}
            viewport={{ x: 0, y: 0, zoom }}
            minZoom={LEAST_ZOOM}
            maxZoom={1}
            nodesDraggable={false}
            nodesConnectable={false}
            nodesFocusable={false}
            edgesFocusable={false}
            elementsSelectable={false}
            disableKeyboardA11y
            panOnDrag={false}
            zoomOnScroll={false}
            zoomOnPinch={false}
            zoomOnDoubleClick={false}
            preventScrolling={false}
          />
        </div>
      </Scrolls>
    </div>
  )
}

const placed = ({ x, y, width, height }: Box) => ({
  position: { x, y },
  width,
  height,
  // Measured beforehand: the picture is there at once.
  measured: { width, height },
  handles: [
    { type: 'target' as const, position: Position.Top, x: width / 2, y: 0, width: 1, height: 1 },
    { type: 'source' as const, position: Position.Bottom, x: width / 2, y: height, width: 1, height: 1 },
  ],
})

const laneNode = (lane: Lane): LaneNode => ({
  id: `lane ${lane.chain}`,
  type: 'lane',
  ...placed(lane),
  zIndex: -1,
  data: { chain: lane.chain },
})

const holdingNode = (box: HoldingBox, heldAt: GraphProps['heldAt']): HoldingNode => ({
  id: box.id,
  type: 'holding',
  ...placed(box),
  data: { end: box.end, held: heldAt(box.end) },
})

function LaneShape({ data: { chain } }: NodeProps<LaneNode>) {
  return (
    <div className={classes.lane}>
      <span className={classes.laneName}>{chain}</span>
    </div>
  )
}

function HoldingShape({ data: { end, held } }: NodeProps<HoldingNode>) {
  return (
    <div className={classes.holding}>
      <Ends />
      <strong>{end.symbol}</strong>
      {held && (
        <span title={`${held.before} now, ${held.after} after`}>
          {amountFigure(held.before).readable} → {amountFigure(held.after).readable}
        </span>
      )}
    </div>
  )
}

function LegShape({ data: { group, state, open } }: NodeProps<LegNode>) {
  const { legs, first, last, sold, bought, costUsd, sell, expectedOut } = group
  const { kind, venue, tool } = legs[0]!
  const words = state && LEGS[state]
  const ordinals = first === last ? String(first) : `${first}–${last}`
  const title = legTitle({ kind, sell: { ...sell, amount: sold }, expectedOut: { ...expectedOut, amount: bought } })
  return (
    <>
      <Ends />
      <button
        type="button"
        className={classes.leg}
        data-kind={kind}
        aria-label={`Leg ${ordinals}: ${title}${words ? `. ${words.label}` : ''}. Show it in the list`}
        onClick={open}
      >
        <span className={classes.legHead}>
          <strong>
            {ordinals} {KINDS[kind]}
          </strong>
          {words && <StateBadge tone={words.tone}>{words.label}</StateBadge>}
        </span>
        <span>{amountFigure(sold, sell.symbol).readable}</span>
        <span>→ {amountFigure(bought, expectedOut.symbol).readable}</span>
        <span className={classes.via}>
          {tool} by {venue}
        </span>
        <span className={classes.via}>costs {usdFigure(costUsd).readable}</span>
        {legs.length > 1 && <span className={classes.via}>in {legs.length} slices</span>}
      </button>
    </>
  )
}

/** Where lines begin and end. */
function Ends() {
  return (
    <>
      <Handle type="target" position={Position.Top} isConnectable={false} className={classes.end} />
      <Handle type="source" position={Position.Bottom} isConnectable={false} className={classes.end} />
    </>
  )
}

/** Legs that will change nothing any more, or have not begun. */
const AT_REST: ReadonlySet<LegState> = new Set(['waiting', 'done', 'failed', 'skipped'])

function LineShape({ id, data }: EdgeProps<LineEdge>) {
  const { points = [], state } = data ?? {}
  const tip = points.at(-1)
  const look = state === undefined || state === 'waiting' ? 'ahead' : AT_REST.has(state) ? state : 'moving'
  return (
    <g className={classes.line} data-look={look}>
      <BaseEdge id={id} path={pathOf(points)} />
      {tip && <path className={classes.tip} d={`M${tip.x} ${tip.y}l-5 -9h10z`} />}
    </g>
  )
}

const NODE_TYPES = { lane: LaneShape, holding: HoldingShape, leg: LegShape }
const EDGE_TYPES = { line: LineShape }
