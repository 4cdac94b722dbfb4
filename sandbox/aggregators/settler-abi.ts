import { parseAbi } from 'viem'

/** 0x's AllowanceHolder and Settler; `TRANSFER_FROM` and `BASIC` encode entries of `execute`'s `actions`. */
export const settlerAbi = parseAbi([
  'struct AllowedSlippage { address recipient; address buyToken; uint256 minAmountOut; }',
  'struct TokenPermissions { address token; uint256 amount; }',
  'struct PermitTransferFrom { TokenPermissions permitted; uint256 nonce; uint256 deadline; }',
  'function exec(address operator, address token, uint256 amount, address target, bytes data) payable returns (bytes result)',
  'function execute(AllowedSlippage slippage, bytes[] actions, bytes32 zid) payable returns (bool)',
  'function TRANSFER_FROM(address recipient, PermitTransferFrom permit, bytes sig)',
  'function BASIC(address sellToken, uint256 bps, address pool, uint256 offset, bytes data)',
])
