import { bytesToHex, type Hex } from 'viem'
import { mnemonicToAccount, type HDAccount } from 'viem/accounts'

/** The development mnemonic every local chain tool knows. Its keys are public: money sent to them elsewhere is lost. */
export const developmentMnemonic = 'test test test test test test test test test test test junk'

/** Each key of the mnemonic is used for one purpose, in this order. `treasury` is the portfolio's account. */
export const accountAliases = ['deployer', 'arbitrageur', 'relayer', 'treasury', 'market-maker'] as const
export type AccountAlias = (typeof accountAliases)[number]

const derived = new Map<AccountAlias, HDAccount>()

export function accountOf(alias: AccountAlias): HDAccount {
  let account = derived.get(alias)
  if (!account) {
    account = mnemonicToAccount(developmentMnemonic, { addressIndex: accountAliases.indexOf(alias) })
    derived.set(alias, account)
  }
  return account
}

export function privateKeyOf(alias: AccountAlias): Hex {
  const key = accountOf(alias).getHdKey().privateKey
  if (!key) throw new Error(`The development mnemonic yields no private key for ${alias}.`)
  return bytesToHex(key)
}
