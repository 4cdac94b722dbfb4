// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {AllowanceHolder} from "./AllowanceHolder.sol";
import {TokenTransfers} from "./TokenTransfers.sol";
import {Trickster} from "./Trickster.sol";

/// The actions of 0x's Settler that the sandbox uses. They are never called: their selectors and arguments encode the
/// entries of `execute`'s `actions`.
interface SettlerActions {
    struct TokenPermissions {
        address token;
        uint256 amount;
    }

    struct PermitTransferFrom {
        TokenPermissions permitted;
        uint256 nonce;
        uint256 deadline;
    }

    function TRANSFER_FROM(address recipient, PermitTransferFrom calldata permit, bytes calldata sig) external;
    function BASIC(address sellToken, uint256 bps, address pool, uint256 offset, bytes calldata data) external;
}

/// Executes a swap as a list of actions and pays the result out. Users never approve it: it draws on the loan of the
/// AllowanceHolder that called it, and holds nothing between transactions.
contract Settler is Trickster {
    using TokenTransfers for address;

    struct AllowedSlippage {
        address payable recipient;
        address buyToken;
        uint256 minAmountOut;
    }

    /// Stands for the native coin.
    address private constant NATIVE = 0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE;

    error ActionInvalid(bytes4 action);
    error ConfusedDeputy(address target);
    error OnlyThroughAllowanceHolder(address caller);
    error SignatureExpired(uint256 deadline);
    error TooMuchSlippage(address token, uint256 expected, uint256 actual);

    AllowanceHolder public immutable allowanceHolder;

    constructor(AllowanceHolder allowanceHolder_) {
        allowanceHolder = allowanceHolder_;
    }

    receive() external payable {}

    function execute(AllowedSlippage calldata slippage, bytes[] calldata actions, bytes32 /* zid */)
        external
        payable
        returns (bool)
    {
        for (uint256 i = 0; i < actions.length; i++) {
            bytes4 action = bytes4(actions[i]);
            if (action == SettlerActions.TRANSFER_FROM.selector) transferFrom(actions[i][4:]);
            else if (action == SettlerActions.BASIC.selector) basic(actions[i][4:]);
            else revert ActionInvalid(action);
        }

        address buyToken = slippage.buyToken == NATIVE ? address(0) : slippage.buyToken;
        uint256 bought = buyToken.held();
        if (bought < slippage.minAmountOut) revert TooMuchSlippage(slippage.buyToken, slippage.minAmountOut, bought);
        payOut(buyToken, slippage.recipient, bought, slippage.minAmountOut);
        return true;
    }

    function transferFrom(bytes calldata arguments) private {
        (address recipient, SettlerActions.PermitTransferFrom memory permit, ) =
            abi.decode(arguments, (address, SettlerActions.PermitTransferFrom, bytes));
        if (block.timestamp > permit.deadline) revert SignatureExpired(permit.deadline);
        if (msg.sender != address(allowanceHolder)) revert OnlyThroughAllowanceHolder(msg.sender);
        address payer = address(bytes20(msg.data[msg.data.length - 20:]));
        allowanceHolder.transferFrom(permit.permitted.token, payer, recipient, permit.permitted.amount);
    }

    /// Calls `pool` with `data`, in which the word at `offset` is replaced by `bps` of what this contract holds of
    /// `sellToken`. For the native coin that share is sent as value, and `data` stays as it is.
    function basic(bytes calldata arguments) private {
        (address sellToken, uint256 bps, address pool, uint256 offset, bytes memory data) =
            abi.decode(arguments, (address, uint256, address, uint256, bytes));
        if (pool == address(allowanceHolder)) revert ConfusedDeputy(pool);

        bool sellsNative = sellToken == NATIVE;
        uint256 amount = ((sellsNative ? address(0) : sellToken).held() * bps) / 10_000;
        bool lends = !sellsNative && pool != sellToken;
        if (!sellsNative) {
            require(offset + 32 <= data.length, "offset beyond data");
            assembly ("memory-safe") {
                mstore(add(add(data, 32), offset), amount)
            }
        }
        if (lends) sellToken.permit(pool, amount);
        (bool done, bytes memory answer) = pool.call{value: sellsNative ? amount : 0}(data);
        if (!done) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
        if (lends) sellToken.withdrawPermit(pool);
    }
}
