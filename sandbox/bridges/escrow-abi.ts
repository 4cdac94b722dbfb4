import { parseAbi } from 'viem'

export const escrowAbi = parseAbi([
  'struct Deposit { bytes32 transferId; address token; uint256 amount; uint256 destinationChainId; address destinationToken; uint256 outputAmount; address receiver; address refundTo; uint32 fillDeadline; }',
  'event Deposited(bytes32 indexed transferId, Deposit deposit)',
  'event Delivered(bytes32 indexed transferId, address token, address receiver, uint256 amount)',
  'event Refunded(bytes32 indexed transferId, address token, address receiver, uint256 amount)',
  'function settled(bytes32 transferId) view returns (bool)',
  'function deliver(bytes32 transferId, address token, address receiver, uint256 amount)',
  'function refund(bytes32 transferId, address token, address receiver, uint256 amount)',
  'function refundElsewhere(bytes32 transferId, address token, address receiver, uint256 amount)',
])

/** The escrow's events as the daemon's configuration names them. */
export const escrowEvents = {
  deposit:
    'event Deposited(bytes32 indexed transferId, (bytes32 transferId, address token, uint256 amount, uint256 destinationChainId, address destinationToken, uint256 outputAmount, address receiver, address refundTo, uint32 fillDeadline) deposit)',
  payout: 'event Delivered(bytes32 indexed transferId, address token, address receiver, uint256 amount)',
  refund: 'event Refunded(bytes32 indexed transferId, address token, address receiver, uint256 amount)',
  id: 'transferId',
}
