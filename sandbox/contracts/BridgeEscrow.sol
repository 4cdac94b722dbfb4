// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {TokenTransfers} from "./TokenTransfers.sol";

/// One bridge's contract on one chain: takes deposits for other chains and pays out transfers of other chains from the
/// liquidity it holds. Guarantees that a transfer is deposited here at most once and paid out (delivered or refunded)
/// here at most once. That a transfer is not delivered there and also refunded here is the relayer's duty.
contract BridgeEscrow {
    using TokenTransfers for address;

    struct Deposit {
        bytes32 transferId;
        address token;
        uint256 amount;
        uint256 destinationChainId;
        address destinationToken;
        uint256 outputAmount;
        address receiver;
        address refundTo;
        uint32 fillDeadline;
    }

    event Deposited(bytes32 indexed transferId, Deposit deposit);
    event Delivered(bytes32 indexed transferId, address token, address receiver, uint256 amount);
    event Refunded(bytes32 indexed transferId, address token, address receiver, uint256 amount);

    error OnlyRelayer(address caller);
    error AlreadyDeposited(bytes32 transferId);
    error AlreadySettled(bytes32 transferId);
    error NotDeposited(bytes32 transferId);
    error RefundAboveDeposit(uint256 amount, uint256 deposited);

    address public immutable relayer;
    /// Amount deposited here, by transfer.
    mapping(bytes32 transferId => uint256 amount) public deposited;
    mapping(bytes32 transferId => bool) public settled;

    modifier onlyRelayer() {
        if (msg.sender != relayer) revert OnlyRelayer(msg.sender);
        _;
    }

    constructor(address relayer_) {
        relayer = relayer_;
    }

    /// Pulls `amount` of `token` from the caller.
    function deposit(Deposit calldata order) external {
        if (deposited[order.transferId] != 0) revert AlreadyDeposited(order.transferId);
        deposited[order.transferId] = order.amount;
        order.token.pull(msg.sender, address(this), order.amount);
        emit Deposited(order.transferId, order);
    }

    function deliver(bytes32 transferId, address token, address receiver, uint256 amount) external onlyRelayer {
        settle(transferId);
        token.push(receiver, amount);
        emit Delivered(transferId, token, receiver, amount);
    }

    function refund(bytes32 transferId, address token, address receiver, uint256 amount) external onlyRelayer {
        uint256 paidIn = deposited[transferId];
        if (paidIn == 0) revert NotDeposited(transferId);
        if (amount > paidIn) revert RefundAboveDeposit(amount, paidIn);
        settle(transferId);
        token.push(receiver, amount);
        emit Refunded(transferId, token, receiver, amount);
    }

    /// Gives a transfer back on another chain than the deposit's, or in another token.
    function refundElsewhere(bytes32 transferId, address token, address receiver, uint256 amount) external onlyRelayer {
        settle(transferId);
        token.push(receiver, amount);
        emit Refunded(transferId, token, receiver, amount);
    }

    function settle(bytes32 transferId) private {
        if (settled[transferId]) revert AlreadySettled(transferId);
        settled[transferId] = true;
    }
}
