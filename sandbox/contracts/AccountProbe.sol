// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// Code that a node is told to put on an account for one read: it makes the account's calls in turn and looks at its
/// balances and allowances around them. Never deployed; whatever it does is forgotten with the answer.
contract AccountProbe {
    struct Call {
        address target;
        uint256 value;
        bytes data;
    }

    struct Allowance {
        address token;
        address spender;
    }

    struct Outcome {
        /// Calls that succeeded; the one after them, if there is one, failed.
        uint256 made;
        /// A row before the first call and one after each, a column per token; address zero is the coin.
        uint256[][] balances;
        uint256[] gasUsed;
        uint256[] allowancesBefore;
        uint256[] allowancesAfter;
    }

    error Unreadable(address token);

    function play(
        Call[] calldata calls,
        address[] calldata tokens,
        Allowance[] calldata allowances
    ) external returns (Outcome memory outcome) {
        outcome.balances = new uint256[][](calls.length + 1);
        outcome.gasUsed = new uint256[](calls.length);
        outcome.balances[0] = balancesOf(tokens);
        outcome.allowancesBefore = allowancesOf(allowances);
        for (uint256 i = 0; i < calls.length; i++) {
            uint256 gas = gasleft();
            (bool success, ) = calls[i].target.call{value: calls[i].value}(calls[i].data);
            outcome.gasUsed[i] = gas - gasleft();
            if (!success) return outcome;
            outcome.balances[i + 1] = balancesOf(tokens);
            outcome.made = i + 1;
        }
        outcome.allowancesAfter = allowancesOf(allowances);
    }

    /// An account without code takes coin and any call.
    fallback() external payable {}

    receive() external payable {}

    function balancesOf(address[] calldata tokens) private view returns (uint256[] memory units) {
        units = new uint256[](tokens.length);
        for (uint256 i = 0; i < tokens.length; i++) {
            units[i] = tokens[i] == address(0)
                ? address(this).balance
                : read(tokens[i], abi.encodeWithSignature("balanceOf(address)", address(this)));
        }
    }

    function allowancesOf(Allowance[] calldata allowances) private view returns (uint256[] memory units) {
        units = new uint256[](allowances.length);
        for (uint256 i = 0; i < allowances.length; i++) {
            units[i] = read(
                allowances[i].token,
                abi.encodeWithSignature("allowance(address,address)", address(this), allowances[i].spender)
            );
        }
    }

    function read(address token, bytes memory question) private view returns (uint256) {
        (bool success, bytes memory answer) = token.staticcall(question);
        if (!success || answer.length < 32) revert Unreadable(token);
        return abi.decode(answer, (uint256));
    }
}
