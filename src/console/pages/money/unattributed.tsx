import { Button } from '@mantine/core'
import { useState } from 'react'
import type { Positions } from '../../api/answers.js'
import { useMay, useMe } from '../../api/context.js'
import { ConfirmAct } from '../../parts/confirm-act.js'
import { Amount, Hex } from '../../parts/exact.js'
import { Notice } from '../../parts/states.js'
import classes from './money.module.css'

type Found = Positions['unattributed'][number]

/** Money that nobody announced: whose it is has to be said by a person before it counts. */
export function Unattributed({ portfolio, found }: { readonly portfolio: string; readonly found: readonly Found[] }) {
  const mayClassify = useMay('resume:propose')
  const takesTwo = useMe().approvals.resume === 2
  const [taking, setTaking] = useState<Found>()
  if (found.length === 0) return null
  return (
    <Notice tone="warn" title="Money came in that nobody announced">
      <p>It is in no figure here and is not traded, until somebody says that it is the fund’s own.</p>
      <ul className={classes.found}>
        {found.map((one) => (
          <li key={one.chain + one.token}>
            <span>
              <Balance of={one} /> on {one.chain}
            </span>
            {mayClassify && (
              <Button size="compact-sm" variant="default" onClick={() => setTaking(one)}>
                It is the fund’s own…
              </Button>
            )}
          </li>
        ))}
      </ul>
      {taking && (
        <ConfirmAct<unknown>
          title="Take it for the fund’s own?"
          reason="required"
          confirm={takesTwo ? 'Propose it' : 'It is the fund’s own'}
          deed={(reason) => ({
            path: `/v1/portfolios/${encodeURIComponent(portfolio)}/inflows`,
            body: { chain: taking.chain, token: taking.token, units: taking.units, reason },
          })}
          onClose={() => setTaking(undefined)}
        >
          <p>
            <Balance of={taking} /> on {taking.chain}: from then on it counts in NAV and weights, and is traded.
            {takesTwo && ' It takes two people here: somebody else has to approve it within 15 minutes.'}
          </p>
        </ConfirmAct>
      )}
    </Notice>
  )
}

function Balance({ of: { amount, symbol, units, token } }: { readonly of: Found }) {
  if (amount !== null) return <Amount value={amount} symbol={symbol} />
  return (
    <>
      {units} base units of <Hex value={token} label="token" />
    </>
  )
}
