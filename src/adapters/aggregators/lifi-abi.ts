import { parseAbi } from 'viem'

/**
 * LI.FI's functions whose receivers and destination can be read from the calldata. Left out on purpose: packed and minimal
 * entry points, whose bytes are no ABI encoding; bridges whose receiver or destination lies in opaque bytes, in another
 * numbering (gas.zip) or off the chain (AcrossV4Swap, Garden, ThorSwap, Symbiosis, Relay, Squid).
 */
export const swapAbi = parseAbi([
  'struct SwapData { address callTo; address approveTo; address sendingAssetId; address receivingAssetId; uint256 fromAmount; bytes callData; bool requiresDeposit; }',
  'function swapTokensSingleV3ERC20ToERC20(bytes32 transactionId, string integrator, string referrer, address receiver, uint256 minAmountOut, SwapData swapData)',
  'function swapTokensSingleV3ERC20ToNative(bytes32 transactionId, string integrator, string referrer, address receiver, uint256 minAmountOut, SwapData swapData)',
  'function swapTokensSingleV3NativeToERC20(bytes32 transactionId, string integrator, string referrer, address receiver, uint256 minAmountOut, SwapData swapData) payable',
])

export const splitSwapAbi = parseAbi([
  'struct SwapData { address callTo; address approveTo; address sendingAssetId; address receivingAssetId; uint256 fromAmount; bytes callData; bool requiresDeposit; }',
  'function swapTokensMultipleV3ERC20ToERC20(bytes32 transactionId, string integrator, string referrer, address receiver, uint256 minAmountOut, SwapData[] swapData)',
  'function swapTokensMultipleV3ERC20ToNative(bytes32 transactionId, string integrator, string referrer, address receiver, uint256 minAmountOut, SwapData[] swapData)',
  'function swapTokensMultipleV3NativeToERC20(bytes32 transactionId, string integrator, string referrer, address receiver, uint256 minAmountOut, SwapData[] swapData) payable',
])

const bridging = [
  'struct SwapData { address callTo; address approveTo; address sendingAssetId; address receivingAssetId; uint256 fromAmount; bytes callData; bool requiresDeposit; }',
  'struct BridgeData { bytes32 transactionId; string bridge; string integrator; address referrer; address sendingAssetId; address receiver; uint256 minAmount; uint256 destinationChainId; bool hasSourceSwaps; bool hasDestinationCall; }',
] as const

export const acrossV3Abi = parseAbi([
  ...bridging,
  'struct AcrossV3Data { address receiverAddress; address refundAddress; address receivingAssetId; uint256 outputAmount; uint64 outputAmountPercent; address exclusiveRelayer; uint32 quoteTimestamp; uint32 fillDeadline; uint32 exclusivityDeadline; bytes message; }',
  'function startBridgeTokensViaAcrossV3(BridgeData bridgeData, AcrossV3Data specific) payable',
  'function swapAndStartBridgeTokensViaAcrossV3(BridgeData bridgeData, SwapData[] swapData, AcrossV3Data specific) payable',
])

export const acrossV4Abi = parseAbi([
  ...bridging,
  'struct AcrossV4Data { bytes32 receiverAddress; bytes32 refundAddress; bytes32 sendingAssetId; bytes32 receivingAssetId; uint256 outputAmount; uint128 outputAmountMultiplier; bytes32 exclusiveRelayer; uint32 quoteTimestamp; uint32 fillDeadline; uint32 exclusivityParameter; bytes message; }',
  'function startBridgeTokensViaAcrossV4(BridgeData bridgeData, AcrossV4Data specific) payable',
  'function swapAndStartBridgeTokensViaAcrossV4(BridgeData bridgeData, SwapData[] swapData, AcrossV4Data specific) payable',
])

export const stargateAbi = parseAbi([
  ...bridging,
  'struct SendParam { uint32 dstEid; bytes32 to; uint256 amountLD; uint256 minAmountLD; bytes extraOptions; bytes composeMsg; bytes oftCmd; }',
  'struct MessagingFee { uint256 nativeFee; uint256 lzTokenFee; }',
  'struct StargateData { uint16 assetId; SendParam sendParams; MessagingFee fee; address refundAddress; }',
  'function startBridgeTokensViaStargate(BridgeData bridgeData, StargateData specific) payable',
])

export const celerCircleAbi = parseAbi([
  ...bridging,
  'struct CelerCircleData { uint256 maxFee; uint32 minFinalityThreshold; }',
  'function startBridgeTokensViaCelerCircleBridge(BridgeData bridgeData, CelerCircleData specific)',
  'function swapAndStartBridgeTokensViaCelerCircleBridge(BridgeData bridgeData, SwapData[] swapData, CelerCircleData specific) payable',
])
