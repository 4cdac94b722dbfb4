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
import { amountFigure } from '../../parts/figures.js'
import type { Words } from '../../parts/words.js'
import type { Leg, LegState, PlannedLeg } from './api.js'
import { ChainCards } from './chain-cards.js'
import type { Held } from './holdings.js'
import { type Box, type HoldingBox, type Lane, layoutOf, pathOf, type Point } from './layout.js'
import classes from './graph.module.css'
import { LegCard, type ShownGroup } from './leg-card.js'
import type { End } from './levels.js'
import { figuresOf, groupSlices, type LegGroup, stateOfGroup } from './slices.js'

/** Smaller than this, text is no longer easy to read: where there is less room, each chain is a card. */
const LEAST_ZOOM = 0.85

type LaneNode = Node<{ readonly chain: string }, 'lane'>
type HoldingNode = Node<{ readonly end: End; readonly held: Held | undefined }, 'holding'>
type LegNode = Node<{ readonly shown: ShownGroup; readonly open: () => void }, 'leg'>
type LineEdge = Edge<{ readonly points: readonly Point[]; readonly state: LegState | undefined }, 'line'>

interface GraphProps {
  readonly legs: readonly PlannedLeg[]
  /** How the bands stand. */
  readonly chains: readonly string[]
  readonly runOf: (leg: string) => Leg | undefined
  readonly wordsOf: (state: LegState) => Words
  readonly heldAt: (end: End) => Held | undefined
  readonly onOpen: (leg: string) => void
}

/** The plan as a picture: a band for each chain, money flowing to the right. The list of legs says the same in words. */
export function PlanGraph({ legs, chains, runOf, wordsOf, heldAt, onOpen }: GraphProps) {
  const { ref, width } = useElementSize()
  const groups = useMemo(() => groupSlices(legs), [legs])
  const layout = useMemo(() => layoutOf(groups, chains), [groups, chains])
  const stateOf = (group: LegGroup) => stateOfGroup(group.legs.map(({ id }) => runOf(id)?.state))
  const shownOf = (group: LegGroup): ShownGroup => {
    const state = stateOf(group)
    return { group, words: state && wordsOf(state), figures: figuresOf(group, runOf) }
  }
  const zoom = Math.min(1, width / layout.width)
  const nodes = [
    ...layout.lanes.map((lane) => laneNode(lane)),
    ...layout.boxes.map((box) => {
      if (box.type === 'holding') return holdingNode(box, heldAt)
      const group = groups[box.index]!
      const data = { shown: shownOf(group), open: () => onOpen(group.id) }
      return { id: box.id, type: 'leg', ...placed(box), data } satisfies LegNode
    }),
  ]
  const edges = layout.lines.map(({ id, from, to, points }): LineEdge => {
    const group = groups.find((one) => one.id === from || one.id === to)
    return { id, type: 'line', source: from, target: to, data: { points, state: group && stateOf(group) } }
  })
  return (
    <section ref={ref} aria-label="The plan as a graph">
      {width > 0 && zoom < LEAST_ZOOM && (
        <ChainCards groups={groups.map(shownOf)} chains={chains} heldAt={heldAt} onOpen={onOpen} />
      )}
      {zoom >= LEAST_ZOOM && (
        <div className={classes.graph} style={{ width: layout.width * zoom, height: layout.height * zoom }}>
          <div
            style={{ width: layout.width, height: layout.height, transform: `scale(${zoom})`, transformOrigin: '0 0' }}
          >
            <ReactFlow
              nodes={nodes}
              edges={edges}
              nodeTypes={NODE_TYPES}
              edgeTypes={EDGE_TYPES}
              viewport={{ x: 0, y: 0, zoom: 1 }}
              minZoom={1}
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
        </div>
      )}
    </section>
  )
}

const placed = ({ x, y, width, height }: Box) => ({
  position: { x, y },
  width,
  height,
  // Measured beforehand: the picture is there at once.
  measured: { width, height },
  handles: [
    { type: 'target' as const, position: Position.Left, x: 0, y: height / 2, width: 1, height: 1 },
    { type: 'source' as const, position: Position.Right, x: width, y: height / 2, width: 1, height: 1 },
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
        <span title={`${held.before} before, ${held.after} after`}>
          {amountFigure(held.before).readable} → {amountFigure(held.after).readable}
        </span>
      )}
    </div>
  )
}

function LegShape({ data: { shown, open } }: NodeProps<LegNode>) {
  return (
    <>
      <Ends />
      <LegCard shown={shown} onOpen={open} />
    </>
  )
}

/** Where lines begin and end. */
function Ends() {
  return (
    <>
      <Handle type="target" position={Position.Left} isConnectable={false} className={classes.end} />
      <Handle type="source" position={Position.Right} isConnectable={false} className={classes.end} />
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
      {tip && <path className={classes.tip} d={`M${tip.x} ${tip.y}l-9 -5v10z`} />}
    </g>
  )
}

const NODE_TYPES = { lane: LaneShape, holding: HoldingShape, leg: LegShape }
const EDGE_TYPES = { line: LineShape }
