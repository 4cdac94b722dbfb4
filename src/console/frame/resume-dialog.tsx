import { Checkbox } from '@mantine/core'
import { useState } from 'react'
import type { Breaker } from '../api/answers.js'
import { useMay, useMe } from '../api/context.js'
import { useBreakers } from '../api/queries.js'
import { ConfirmAct } from '../parts/confirm-act.js'
import { scopeText } from '../parts/scope-text.js'
import { Notice } from '../parts/states.js'
import classes from './frame.module.css'

/** Resumes where one person is enough, and proposes it where it takes two. */
export function ResumeDialog({ scope, onClose }: { readonly scope: string; readonly onClose: () => void }) {
  const mayResume = useMay('resume:propose')
  const takesTwo = useMe().approvals.resume === 2
  const breakers = useBreakers()
  const [looked, setLooked] = useState<readonly Breaker['code'][]>([])
  const [isGivenUp, setGivenUp] = useState(false)
  const codes = [...new Set(breakers.data?.open.filter((one) => one.scope === scope).map(({ code }) => code))]
  return (
    <ConfirmAct<unknown>
      title={`Resume ${scopeText(scope)}`}
      reason="required"
      confirm={takesTwo ? 'Propose' : 'Resume now'}
      isReady={mayResume}
      onClose={onClose}
      deed={(reason) => ({
        path: takesTwo ? '/v1/proposals/resume' : '/v1/resume',
        body: { scope, reason, clear: looked, ...(isGivenUp && looked.includes('B-03') && { acceptLoss: true }) },
      })}
    >
      {!mayResume && <Notice tone="warn" title="You lack the scope resume:propose." />}
      <p>
        {takesTwo
          ? 'A resume takes two people here: somebody else has to approve this within 15 minutes. It is void as soon as what it would let go of has ended, or is held anew.'
          : 'It goes on at once, and its breakers are cleared. One that has just tripped has to cool down first.'}
      </p>
      {codes.length > 0 && (
        <Checkbox.Group
          label="Open breakers of this scope"
          description="A grave one holds until you say that you have looked at its cause."
          value={[...looked]}
          onChange={(values) => setLooked(codes.filter((code) => values.includes(code)))}
        >
          {codes.map((code) => (
            <Checkbox key={code} value={code} label={`I have looked at the cause of ${code}`} mt="xs" />
          ))}
        </Checkbox.Group>
      )}
      {looked.includes('B-03') && (
        <Checkbox
          mt="xs"
          checked={isGivenUp}
          onChange={({ currentTarget }) => setGivenUp(currentTarget.checked)}
          label="Give up what is missing"
          description="It is booked as lost. Otherwise it has to be back, and a comparison must have found it."
        />
      )}
      <p className={classes.meaning}>Other scopes that are held stay held.</p>
    </ConfirmAct>
  )
}
