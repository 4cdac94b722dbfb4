import { parseAbi } from 'viem'

export const tricksterAbi = parseAbi(['function setTrick(uint8 trick)'])
