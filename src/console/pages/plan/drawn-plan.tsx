import { useMemo, useState } from 'react'
import { Panel } from '../../parts/page.js'
import shared from '../../parts/shared.module.css'
import { LEGS, legWords } from '../../parts/words.js'
import type { Cycle, Plan } from './api.js'
import { PlanGraph } from './graph.js'
import { heldAround, movedBy } from './holdings.js'
import { legElementId, LegsList } from './legs-list.js'

interface DrawnProps {
  readonly plan: Plan
  /** What was measured before it. */
  readonly measured: Pick<Cycle, 'assets' | 'chains'>
  /** The cycle that carries it out, if one does. */
  readonly cycle?: Cycle
}

function lieText(cycle: Cycle | undefined, hasMoved: boolean): string {
  if (!cycle || cycle.outcome === null) return 'What lies on each chain now and after'
  return `What lay on each chain before and after${hasMoved ? '' : ' as planned'}`
}

/** A plan as a picture and, leg by leg, in words: what is chosen in the one is shown in the other. */
export function DrawnPlan({ plan: { legs }, measured, cycle }: DrawnProps) {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set())
  const chains = useMemo(() => measured.chains.map(({ chain }) => chain), [measured.chains])
  const moved = cycle && movedBy(cycle)
  const toggle = (leg: string, isOpen: boolean) =>
    setOpen((before) => new Set(isOpen ? [...before, leg] : [...before].filter((one) => one !== leg)))
  const show = (leg: string) => {
    toggle(leg, true)
    const summary = document.getElementById(legElementId(leg))?.querySelector('summary')
    summary?.scrollIntoView({ block: 'center' })
    summary?.focus({ preventScroll: true })
  }
  return (
    <>
      <Panel title="What moves where">
        <p className={shared.quiet}>
          {lieText(cycle, moved !== undefined)}, and the legs in between, from left to right where there is room. The
          list below says the same in words.
        </p>
        <PlanGraph
          legs={legs}
          chains={chains}
          runOf={(leg) => cycle?.legs.find(({ id }) => id === leg)}
          wordsOf={(state) => (cycle ? legWords(state, cycle) : LEGS[state])}
          heldAt={heldAround(measured, moved ?? legs)}
          onOpen={show}
        />
      </Panel>
      <LegsList legs={legs} cycle={cycle} open={open} onToggle={toggle} />
    </>
  )
}
