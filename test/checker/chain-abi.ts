import { parseAbi } from 'viem'

export const tokenAbi = parseAbi([
  'event Transfer(address indexed from, address indexed to, uint256 value)',
  'event Approval(address indexed owner, address indexed spender, uint256 value)',
  'function approve(address spender, uint256 value) returns (bool)',
  'function allowance(address owner, address spender) view returns (uint256)',
  'function balanceOf(address owner) view returns (uint256)',
])

/** LI.FI's diamond: the generic swap facet (V3) and the Across facet (V3). */
export const diamondAbi = parseAbi([
  'struct Swap { address callTo; address approveTo; address sendingAssetId; address receivingAssetId; uint256 fromAmount; bytes callData; bool requiresDeposit; }',
  'struct Bridge { bytes32 transactionId; string bridge; string integrator; address referrer; address sendingAssetId; address receiver; uint256 minAmount; uint256 destinationChainId; bool hasSourceSwaps; bool hasDestinationCall; }',
  'struct Across { address receiverAddress; address refundAddress; address receivingAssetId; uint256 outputAmount; uint64 outputAmountPercent; address exclusiveRelayer; uint32 quoteTimestamp; uint32 fillDeadline; uint32 exclusivityDeadline; bytes message; }',
  'function swapTokensSingleV3ERC20ToERC20(bytes32 id, string integrator, string referrer, address receiver, uint256 least, Swap swap)',
  'function swapTokensSingleV3ERC20ToNative(bytes32 id, string integrator, string referrer, address receiver, uint256 least, Swap swap)',
  'function swapTokensSingleV3NativeToERC20(bytes32 id, string integrator, string referrer, address receiver, uint256 least, Swap swap) payable',
  'function swapTokensMultipleV3ERC20ToERC20(bytes32 id, string integrator, string referrer, address receiver, uint256 least, Swap[] swaps)',
  'function swapTokensMultipleV3ERC20ToNative(bytes32 id, string integrator, string referrer, address receiver, uint256 least, Swap[] swaps)',
  'function swapTokensMultipleV3NativeToERC20(bytes32 id, string integrator, string referrer, address receiver, uint256 least, Swap[] swaps) payable',
  'function startBridgeTokensViaAcrossV3(Bridge bridge, Across across) payable',
  'function swapAndStartBridgeTokensViaAcrossV3(Bridge bridge, Swap[] swaps, Across across) payable',
])

/** 0x: the entry of the AllowanceHolder, and what it hands to the Settler. */
export const holderAbi = parseAbi([
  'function exec(address operator, address token, uint256 amount, address target, bytes data) payable returns (bytes)',
])
export const settlerAbi = parseAbi([
  'struct Slippage { address recipient; address buyToken; uint256 minAmountOut; }',
  'function execute(Slippage slippage, bytes[] actions, bytes32 zid) payable returns (bool)',
])

export const escrowAbi = parseAbi([
  'struct Deposit { bytes32 transferId; address token; uint256 amount; uint256 destinationChainId; address destinationToken; uint256 outputAmount; address receiver; address refundTo; uint32 fillDeadline; }',
  'event Deposited(bytes32 indexed transferId, Deposit deposit)',
  'event Delivered(bytes32 indexed transferId, address token, address receiver, uint256 amount)',
  'event Refunded(bytes32 indexed transferId, address token, address receiver, uint256 amount)',
])
