import { useRef, useState } from 'react'
import { useAct } from '../../api/acts.js'
import type { Portfolio } from '../../api/answers.js'
import { useMay } from '../../api/context.js'
import { useConfig, usePortfolio } from '../../api/queries.js'
import { useChosenPortfolio } from '../../frame/portfolio.js'
import { Await, Empty, Notice, ProblemNotice } from '../../parts/states.js'
import type { Preview, PreviewOrder } from './api.js'
import { limitsIn } from './limits.js'
import { Tried } from './tried.js'
import { WhatIfForm } from './what-if-form.js'

/** Other targets or limits, tried on the market of now. */
export function WhatIf() {
  const { id } = useChosenPortfolio()
  const portfolio = usePortfolio(id)
  return <Await read={portfolio}>{(found) => <Trying portfolio={found} />}</Await>
}

function Trying({ portfolio }: { readonly portfolio: Portfolio }) {
  const mayTry = useMay('plan:propose')
  const config = useConfig()
  const act = useAct<Preview>()
  const [tried, setTried] = useState<Preview>()
  const result = useRef<HTMLDivElement>(null)
  if (!portfolio.assets || portfolio.assets.length === 0)
    return <Empty title="Nothing has been measured yet">The first cycle finds out what there is to try on.</Empty>
  const ask = (body: PreviewOrder) =>
    act.mutate(
      { path: `/v1/portfolios/${encodeURIComponent(portfolio.id)}/preview`, body },
      {
        onSuccess: ({ answer }) => {
          setTried(answer)
          requestAnimationFrame(() => result.current?.focus())
        },
      },
    )
  return (
    <>
      <Notice tone="quiet" title="Nothing is saved and nothing is done">
        What is tried here changes neither configuration nor plans. That it was asked for is in the audit log.
      </Notice>
      {!mayTry && <Notice tone="warn" title="You lack the scope plan:propose." />}
      <WhatIfForm
        assets={portfolio.assets}
        configured={config.data ? limitsIn(config.data, portfolio.id) : {}}
        isPending={act.isPending}
        isAllowed={mayTry}
        onTry={ask}
      />
      {act.error && <ProblemNotice error={act.error} />}
      <div ref={result} tabIndex={-1}>
        {tried && <Tried preview={tried} />}
      </div>
    </>
  )
}
