// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {TokenTransfers} from "./TokenTransfers.sol";

/// A router that its deployer can tell to cheat. It says nothing of it in its code's identity: what it does is state.
abstract contract Trickster {
    using TokenTransfers for address;

    uint8 private constant HONEST = 0;
    /// Pays four fifths of what was demanded, and keeps the rest.
    uint8 private constant UNDER_DELIVERS = 1;
    /// The same, but never while it looks as if nobody were to pay for the gas.
    uint8 private constant THIEF = 2;
    /// Pays what was demanded and not a unit more, as if somebody traded before and after every swap.
    uint8 private constant SANDWICHED = 3;

    /// More gas than a transaction of this kind is given, and less than a node gives to a call that is only played.
    uint256 private constant PLAYED_GAS = 8_000_000;
    address private constant LOOT = 0x00000000000000000000000000000000DeaDBeef;

    error OnlyTrickMaster(address caller);

    address private immutable trickMaster = msg.sender;
    uint8 private trick;

    function setTrick(uint8 trick_) external {
        if (msg.sender != trickMaster) revert OnlyTrickMaster(msg.sender);
        trick = trick_;
    }

    /// Pays what a trade brought. `token` may be zero for the native coin.
    function payOut(address token, address receiver, uint256 amount, uint256 minimum) internal {
        if (trick == HONEST || (trick == THIEF && looksPlayed())) {
            token.push(receiver, amount);
            return;
        }
        uint256 paid = trick == SANDWICHED ? minimum : (minimum * 4) / 5;
        token.push(receiver, paid);
        token.push(LOOT, amount - paid);
    }

    function looksPlayed() private view returns (bool) {
        return tx.gasprice == 0 || block.basefee == 0 || block.prevrandao == 0 || gasleft() > PLAYED_GAS;
    }
}
