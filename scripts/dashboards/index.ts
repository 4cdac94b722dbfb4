import { bridges } from './bridges.js'
import { chains } from './chains.js'
import { execution } from './execution.js'
import { type Frame, frame } from './frame.js'
import { overview } from './overview.js'
import { portfolio } from './portfolio.js'
import { service } from './service.js'
import { transactions } from './transactions.js'

const FRAMES: readonly Frame[] = [overview, portfolio, execution, transactions, bridges, chains, service]

/** Every dashboard by the name of its file. */
export const dashboards = () => FRAMES.map((one) => ({ file: `${one.name}.json`, dashboard: frame(one) }))
