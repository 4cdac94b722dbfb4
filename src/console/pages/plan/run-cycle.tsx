import { Button, SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import { useMay, useMe } from '../../api/context.js'
import { usePortfolio } from '../../api/queries.js'
import { useChosenPortfolio } from '../../frame/portfolio.js'
import { ConfirmAct } from '../../parts/confirm-act.js'
import { LEVELS } from '../../parts/badges.js'
import { usdFigure } from '../../parts/figures.js'
import { scopeText } from '../../parts/scope-text.js'
import { Notice } from '../../parts/states.js'
import { go } from '../../routes.js'

const MODES = [
  { value: 'dry-run', label: 'Dry: make a plan' },
  { value: 'live', label: 'Live: trade' },
] as const
type Mode = (typeof MODES)[number]['value']

/** Runs a cycle now, whatever bands and times say. */
export function RunCycle() {
  const [isAsking, setAsking] = useState(false)
  return (
    <>
      <Button variant="default" onClick={() => setAsking(true)}>
        Run a cycle now…
      </Button>
      {isAsking && <RunDialog onClose={() => setAsking(false)} />}
    </>
  )
}

function RunDialog({ onClose }: { readonly onClose: () => void }) {
  const { id } = useChosenPortfolio()
  const mayRun = useMay('plan:propose')
  const [mode, setMode] = useState<Mode>('dry-run')
  const held = usePortfolio(id).data?.operatingState
  const isHeld = held !== undefined && held.state !== 'running'
  return (
    <ConfirmAct<{ readonly cycle: string }>
      title={`Run a cycle of ${id} now`}
      reason="none"
      confirm={mode === 'live' ? 'Run it live' : 'Run it dry'}
      color={mode === 'live' ? 'red' : 'blue'}
      isReady={mayRun && !isHeld}
      deed={() => ({ path: `/v1/portfolios/${encodeURIComponent(id)}/cycles`, body: { mode } })}
      onClose={onClose}
      onDone={({ answer }) => go('plan', answer.cycle)}
    >
      {!mayRun && <Notice tone="warn" title="You lack the scope plan:propose." />}
      {isHeld && (
        <Notice tone="warn" title={`${LEVELS[held.state].label}: ${scopeText(held.scope)}`}>
          No cycle begins until it is resumed, not even a dry one. {held.reason}
        </Notice>
      )}
      <SegmentedControl
        fullWidth
        aria-label="How"
        data={[...MODES]}
        value={mode}
        onChange={(value) => setMode(value as Mode)}
      />
      <div aria-live="polite">{mode === 'live' ? <LiveMeaning id={id} /> : <DryMeaning />}</div>
    </ConfirmAct>
  )
}

function DryMeaning() {
  return <p>It measures, decides and plans, writes the plan down and ends there. Nothing is signed.</p>
}

function LiveMeaning({ id }: { readonly id: string }) {
  const { plan, planAboveUsd, bigPlanUsd } = useMe().approvals
  const { data } = usePortfolio(id)
  if (data?.mode === 'dry-run')
    return <p>The portfolio is configured as a dry run: it ends with its plan all the same.</p>
  return (
    <>
      <p>It trades back to the targets at once, although no band may be breached and no time may be due.</p>
      {plan > 0 && (
        <p>
          A plan that moves more than {usdFigure(planAboveUsd).readable} waits for{' '}
          {plan === 1 ? 'another person’s approval' : `the approval of ${plan} other people`}: you cannot approve what
          you asked for.
        </p>
      )}
      {bigPlanUsd !== null && plan < 2 && (
        <p>A plan that moves more than {usdFigure(bigPlanUsd).readable} waits for the approval of two other people.</p>
      )}
    </>
  )
}
