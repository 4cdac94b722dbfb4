import {
  type InfiniteData,
  keepPreviousData,
  useInfiniteQuery,
  type UseInfiniteQueryResult,
  useQuery,
  type UseQueryResult,
} from '@tanstack/react-query'
import type {
  Breakers,
  Chains,
  EffectiveConfig,
  Portfolio,
  Portfolios,
  Positions,
  Prices,
  Proposals,
  States,
  Transfers,
} from './answers.js'
import { pathOf } from './client.js'
import { useClient, useLiveStatus } from './context.js'
import type { ApiProblem } from './problem.js'

/** While events come what is shown is asked for anew by them; without them, and for what no event tells, by the clock. */
const LIVE_MS = 30_000
const LOST_MS = 5_000

export type Read<T> = UseQueryResult<T, ApiProblem>
export type ReadPages<T> = UseInfiniteQueryResult<InfiniteData<T>, ApiProblem>

/** What GET `path` answers, kept fresh while it is shown. Nothing is asked while `path` is undefined. */
export function useRead<T>(path: string | undefined): Read<T> {
  const client = useClient()
  const isLive = useLiveStatus().kind === 'live'
  return useQuery<T, ApiProblem>({
    queryKey: [path ?? ''],
    queryFn: ({ signal }) => client.read<T>(path ?? '', signal),
    enabled: path !== undefined,
    refetchInterval: isLive ? LIVE_MS : LOST_MS,
    placeholderData: keepPreviousData,
  })
}

/** A list page by page: `fetchNextPage()` gives the one after. `query` is everything but `before`. */
export function useReadPages<T extends { readonly next?: string | number | undefined }>(
  path: string,
  query: Readonly<Record<string, string | number | undefined>> = {},
): ReadPages<T> {
  const client = useClient()
  return useInfiniteQuery<T, ApiProblem, InfiniteData<T>, readonly [string, 'pages'], string | number | undefined>({
    queryKey: [pathOf(path, query), 'pages'],
    queryFn: ({ signal, pageParam }) => client.read<T>(pathOf(path, { ...query, before: pageParam }), signal),
    initialPageParam: undefined,
    getNextPageParam: ({ next }) => next,
    placeholderData: keepPreviousData,
  })
}

const ofPortfolio = (id: string, part = '') => `/v1/portfolios/${encodeURIComponent(id)}${part}`

export const usePortfolios = () => useRead<Portfolios>('/v1/portfolios')
export const usePortfolio = (id: string) => useRead<Portfolio>(ofPortfolio(id))
export const usePositions = (id: string) => useRead<Positions>(ofPortfolio(id, '/positions'))
export const useStates = () => useRead<States>('/v1/state')
export const useBreakers = () => useRead<Breakers>('/v1/breakers')
export const useProposals = () => useRead<Proposals>('/v1/proposals')
export const usePrices = () => useRead<Prices>('/v1/prices')
export const useChains = () => useRead<Chains>('/v1/chains')
export const useConfig = () => useRead<EffectiveConfig>('/v1/config')
export const useTransfers = (portfolio: string) => useRead<Transfers>(pathOf('/v1/transfers', { portfolio }))
