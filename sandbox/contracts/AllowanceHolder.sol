// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {TokenTransfers} from "./TokenTransfers.sol";

/// Users approve this contract, and lend one operator a part of that allowance for the length of one call. The loan is
/// transient: when `exec` returns, nothing of it is left.
contract AllowanceHolder {
    using TokenTransfers for address;

    error ConfusedDeputy(address target);
    error AllowanceExceeded(uint256 allowed, uint256 asked);

    /// Calls `target` with `data` followed by the caller's address, and lends `operator` up to `amount` of `token` of
    /// the caller's meanwhile.
    function exec(address operator, address token, uint256 amount, address payable target, bytes calldata data)
        external
        payable
        returns (bytes memory result)
    {
        refuseToken(target);
        setLoan(operator, msg.sender, token, amount);
        bool done;
        (done, result) = target.call{value: msg.value}(abi.encodePacked(data, msg.sender));
        if (!done) {
            assembly ("memory-safe") {
                revert(add(result, 32), mload(result))
            }
        }
        setLoan(operator, msg.sender, token, 0);
    }

    /// For the operator of a running `exec`.
    function transferFrom(address token, address owner, address recipient, uint256 amount) external returns (bool) {
        uint256 allowed = loan(msg.sender, owner, token);
        if (amount > allowed) revert AllowanceExceeded(allowed, amount);
        setLoan(msg.sender, owner, token, allowed - amount);
        token.pull(owner, recipient, amount);
        return true;
    }

    /// A token as target would let anyone spend the standing allowances of everyone.
    function refuseToken(address target) private view {
        (bool answered, bytes memory answer) =
            target.staticcall(abi.encodeWithSignature("balanceOf(address)", address(this)));
        if (target == address(this) || (answered && answer.length >= 32)) revert ConfusedDeputy(target);
    }

    function slot(address operator, address owner, address token) private pure returns (bytes32) {
        return keccak256(abi.encode(operator, owner, token));
    }

    function loan(address operator, address owner, address token) private view returns (uint256 amount) {
        bytes32 key = slot(operator, owner, token);
        assembly ("memory-safe") {
            amount := tload(key)
        }
    }

    function setLoan(address operator, address owner, address token, uint256 amount) private {
        bytes32 key = slot(operator, owner, token);
        assembly ("memory-safe") {
            tstore(key, amount)
        }
    }
}
