import { Button, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { Portfolio } from '../../api/answers.js'
import { Panel } from '../../parts/page.js'
import type { PreviewOrder } from './api.js'
import { limitFault, LIMITS, limitsOf, type TypedLimits } from './limits.js'
import classes from './plan.module.css'
import { missingPercent, percentOf, shareOf, targetsOf, type TypedWeight } from './weights.js'

interface WhatIfFormProps {
  readonly assets: NonNullable<Portfolio['assets']>
  readonly configured: TypedLimits
  readonly isPending: boolean
  readonly isAllowed: boolean
  readonly onTry: (order: PreviewOrder) => void
}

export function WhatIfForm({ assets, configured, isPending, isAllowed, onTry }: WhatIfFormProps) {
  const inForce = assets.map(({ asset, target }): TypedWeight => ({ asset, percent: percentOf(target) }))
  const [weights, setWeights] = useState(inForce)
  const [limits, setLimits] = useState<TypedLimits>({})
  const missing = missingPercent(weights)
  const isReady = missing === '0' && LIMITS.every((limit) => limitFault(limit, limits[limit.name]) === undefined)
  const submit = () => {
    const [targets, tried] = [targetsOf(weights, inForce), limitsOf(limits)]
    onTry({ ...(targets && { targets }), ...(tried && { limits: tried }) })
  }
  return (
    <Panel title="What to try">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (isReady && isAllowed && !isPending) submit()
        }}
      >
        <div className={classes.columns}>
          <fieldset className={classes.fields}>
            <legend>Target weights, per cent</legend>
            <div className={classes.grid}>
              {weights.map(({ asset, percent }) => (
                <TextInput
                  key={asset}
                  label={asset}
                  inputMode="decimal"
                  autoComplete="off"
                  rightSection="%"
                  value={percent}
                  error={shareOf(percent) === undefined && 'Expected a number from 0 to 100.'}
                  onChange={({ currentTarget: { value } }) =>
                    setWeights(weights.map((one) => (one.asset === asset ? { asset, percent: value } : one)))
                  }
                />
              ))}
            </div>
            <Sum missing={missing} />
          </fieldset>
          <fieldset className={classes.fields}>
            <legend>Limits, where they are to be other than configured</legend>
            <div className={classes.grid}>
              {LIMITS.map((limit) => (
                <TextInput
                  key={limit.name}
                  label={limit.label}
                  inputMode={limit.kind === 'whole' ? 'numeric' : 'decimal'}
                  autoComplete="off"
                  placeholder={configured[limit.name] ?? 'as configured'}
                  value={limits[limit.name] ?? ''}
                  error={limitFault(limit, limits[limit.name])}
                  onChange={({ currentTarget: { value } }) => setLimits({ ...limits, [limit.name]: value })}
                />
              ))}
            </div>
          </fieldset>
        </div>
        <div className={classes.buttons}>
          <Button type="submit" loading={isPending} disabled={!isReady || !isAllowed}>
            See what it would do
          </Button>
          <Button
            variant="default"
            onClick={() => {
              setWeights(inForce)
              setLimits({})
            }}
          >
            Back to what is in force
          </Button>
        </div>
      </form>
    </Panel>
  )
}

function Sum({ missing }: { readonly missing: string | undefined }) {
  const isMore = missing?.startsWith('-')
  return (
    <p className={classes.sum} data-ok={missing === '0'} aria-live="polite">
      {missing === undefined && 'One of them is no number.'}
      {missing === '0' && 'Together 100 %.'}
      {missing !== undefined &&
        missing !== '0' &&
        (isMore ? `${missing.slice(1)} % too much.` : `${missing} % are missing.`)}
    </p>
  )
}
