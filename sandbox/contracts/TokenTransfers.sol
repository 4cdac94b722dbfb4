// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// Moves ERC-20 tokens, including those that answer nothing on success. A failed move reverts.
/// The zero address stands for the chain's native coin where a function says so.
library TokenTransfers {
    error TokenCallFailed(address token);

    function pull(address token, address from, address to, uint256 amount) internal {
        mustSucceed(token, abi.encodeWithSignature("transferFrom(address,address,uint256)", from, to, amount));
    }

    /// `token` may be zero for the native coin.
    function push(address token, address to, uint256 amount) internal {
        if (token == address(0)) {
            (bool paid, ) = to.call{value: amount}("");
            if (!paid) revert TokenCallFailed(token);
            return;
        }
        mustSucceed(token, abi.encodeWithSignature("transfer(address,uint256)", to, amount));
    }

    /// Sets an exact allowance; meant for spenders whose allowance is zero.
    function permit(address token, address spender, uint256 amount) internal {
        mustSucceed(token, abi.encodeWithSignature("approve(address,uint256)", spender, amount));
    }

    /// Takes back what `spender` left of an allowance.
    function withdrawPermit(address token, address spender) internal {
        (, bytes memory answer) =
            token.staticcall(abi.encodeWithSignature("allowance(address,address)", address(this), spender));
        if (abi.decode(answer, (uint256)) > 0) permit(token, spender, 0);
    }

    /// Balance of this contract; `token` may be zero for the native coin.
    function held(address token) internal view returns (uint256) {
        if (token == address(0)) return address(this).balance;
        (bool answered, bytes memory answer) =
            token.staticcall(abi.encodeWithSignature("balanceOf(address)", address(this)));
        if (!answered || answer.length < 32) revert TokenCallFailed(token);
        return abi.decode(answer, (uint256));
    }

    function mustSucceed(address token, bytes memory callData) private {
        (bool done, bytes memory answer) = token.call(callData);
        if (!done || token.code.length == 0 || (answer.length > 0 && !abi.decode(answer, (bool)))) {
            revert TokenCallFailed(token);
        }
    }
}
