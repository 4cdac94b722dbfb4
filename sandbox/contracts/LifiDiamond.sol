// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {BridgeEscrow} from "./BridgeEscrow.sol";
import {TokenTransfers} from "./TokenTransfers.sol";
import {Trickster} from "./Trickster.sol";

/// Stands in for LI.FI's diamond with the function shapes of its generic swap facet and its Across V3 facet, so that
/// calldata of the sandbox decodes with the ABIs of production. It calls only Uniswap routers and WETH's wrap and
/// unwrap, holds nothing between transactions and approves exactly what each call may spend.
contract LifiDiamond is Trickster {
    using TokenTransfers for address;

    struct SwapData {
        address callTo;
        address approveTo;
        address sendingAssetId;
        address receivingAssetId;
        uint256 fromAmount;
        bytes callData;
        bool requiresDeposit;
    }

    struct BridgeData {
        bytes32 transactionId;
        string bridge;
        string integrator;
        address referrer;
        address sendingAssetId;
        address receiver;
        uint256 minAmount;
        uint256 destinationChainId;
        bool hasSourceSwaps;
        bool hasDestinationCall;
    }

    struct AcrossV3Data {
        address receiverAddress;
        address refundAddress;
        address receivingAssetId;
        uint256 outputAmount;
        uint64 outputAmountPercent;
        address exclusiveRelayer;
        uint32 quoteTimestamp;
        uint32 fillDeadline;
        uint32 exclusivityDeadline;
        bytes message;
    }

    struct SwapRequest {
        bytes32 transactionId;
        string integrator;
        string referrer;
        address payable receiver;
        uint256 minAmountOut;
    }

    event AssetSwapped(
        bytes32 transactionId,
        address dex,
        address fromAssetId,
        address toAssetId,
        uint256 fromAmount,
        uint256 toAmount,
        uint256 timestamp
    );
    event LiFiGenericSwapCompleted(
        bytes32 indexed transactionId,
        string integrator,
        string referrer,
        address receiver,
        address fromAssetId,
        address toAssetId,
        uint256 fromAmount,
        uint256 toAmount
    );
    event LiFiTransferStarted(BridgeData bridgeData);

    error ContractCallNotAllowed();
    error CumulativeSlippageTooHigh(uint256 minAmount, uint256 receivedAmount);
    error InformationMismatch();
    error InvalidAmount();
    error InvalidReceiver();
    error OnlyOwner();
    error UnknownBridge(string bridge);

    address public immutable owner;
    address public immutable weth;
    mapping(address target => bool) public isAllowedTarget;
    mapping(string bridge => address escrow) public escrowOf;

    constructor(address weth_, address[] memory routers) {
        owner = msg.sender;
        weth = weth_;
        for (uint256 i = 0; i < routers.length; i++) isAllowedTarget[routers[i]] = true;
    }

    receive() external payable {}

    function registerBridge(string calldata bridge, address escrow) external {
        if (msg.sender != owner) revert OnlyOwner();
        escrowOf[bridge] = escrow;
    }

    function swapTokensSingleV3ERC20ToERC20(
        bytes32 _transactionId,
        string calldata _integrator,
        string calldata _referrer,
        address payable _receiver,
        uint256 _minAmountOut,
        SwapData calldata _swapData
    ) external {
        swapAndPay(SwapRequest(_transactionId, _integrator, _referrer, _receiver, _minAmountOut), single(_swapData));
    }

    function swapTokensSingleV3ERC20ToNative(
        bytes32 _transactionId,
        string calldata _integrator,
        string calldata _referrer,
        address payable _receiver,
        uint256 _minAmountOut,
        SwapData calldata _swapData
    ) external {
        swapAndPay(SwapRequest(_transactionId, _integrator, _referrer, _receiver, _minAmountOut), single(_swapData));
    }

    function swapTokensSingleV3NativeToERC20(
        bytes32 _transactionId,
        string calldata _integrator,
        string calldata _referrer,
        address payable _receiver,
        uint256 _minAmountOut,
        SwapData calldata _swapData
    ) external payable {
        swapAndPay(SwapRequest(_transactionId, _integrator, _referrer, _receiver, _minAmountOut), single(_swapData));
    }

    function swapTokensMultipleV3ERC20ToERC20(
        bytes32 _transactionId,
        string calldata _integrator,
        string calldata _referrer,
        address payable _receiver,
        uint256 _minAmountOut,
        SwapData[] calldata _swapData
    ) external {
        swapAndPay(SwapRequest(_transactionId, _integrator, _referrer, _receiver, _minAmountOut), _swapData);
    }

    function swapTokensMultipleV3ERC20ToNative(
        bytes32 _transactionId,
        string calldata _integrator,
        string calldata _referrer,
        address payable _receiver,
        uint256 _minAmountOut,
        SwapData[] calldata _swapData
    ) external {
        swapAndPay(SwapRequest(_transactionId, _integrator, _referrer, _receiver, _minAmountOut), _swapData);
    }

    function swapTokensMultipleV3NativeToERC20(
        bytes32 _transactionId,
        string calldata _integrator,
        string calldata _referrer,
        address payable _receiver,
        uint256 _minAmountOut,
        SwapData[] calldata _swapData
    ) external payable {
        swapAndPay(SwapRequest(_transactionId, _integrator, _referrer, _receiver, _minAmountOut), _swapData);
    }

    function startBridgeTokensViaAcrossV3(BridgeData memory _bridgeData, AcrossV3Data calldata _acrossData) external {
        if (_bridgeData.hasSourceSwaps) revert InformationMismatch();
        _bridgeData.sendingAssetId.pull(msg.sender, address(this), _bridgeData.minAmount);
        startBridge(_bridgeData, _acrossData, _acrossData.outputAmount);
    }

    /// Everything the source swaps yield is bridged; the amount to deliver is `outputAmountPercent` (1e18 = all) of it.
    function swapAndStartBridgeTokensViaAcrossV3(
        BridgeData memory _bridgeData,
        SwapData[] calldata _swapData,
        AcrossV3Data calldata _acrossData
    ) external payable {
        if (!_bridgeData.hasSourceSwaps || _swapData.length == 0) revert InformationMismatch();
        if (_swapData[_swapData.length - 1].receivingAssetId != _bridgeData.sendingAssetId) revert InformationMismatch();
        _bridgeData.minAmount = swap(_bridgeData.transactionId, _bridgeData.minAmount, _swapData);
        startBridge(_bridgeData, _acrossData, (_bridgeData.minAmount * _acrossData.outputAmountPercent) / 1e18);
    }

    function startBridge(BridgeData memory bridgeData, AcrossV3Data calldata acrossData, uint256 outputAmount) private {
        address escrow = escrowOf[bridgeData.bridge];
        if (escrow == address(0)) revert UnknownBridge(bridgeData.bridge);
        if (bridgeData.minAmount == 0 || outputAmount == 0) revert InvalidAmount();
        if (bridgeData.receiver == address(0)) revert InvalidReceiver();
        if (
            bridgeData.receiver != acrossData.receiverAddress || bridgeData.destinationChainId == block.chainid
                || bridgeData.hasDestinationCall
        ) revert InformationMismatch();

        bridgeData.sendingAssetId.permit(escrow, bridgeData.minAmount);
        BridgeEscrow(escrow).deposit(
            BridgeEscrow.Deposit({
                transferId: bridgeData.transactionId,
                token: bridgeData.sendingAssetId,
                amount: bridgeData.minAmount,
                destinationChainId: bridgeData.destinationChainId,
                destinationToken: acrossData.receivingAssetId,
                outputAmount: outputAmount,
                receiver: bridgeData.receiver,
                refundTo: acrossData.refundAddress,
                fillDeadline: acrossData.fillDeadline
            })
        );
        emit LiFiTransferStarted(bridgeData);
    }

    function swapAndPay(SwapRequest memory request, SwapData[] memory swaps) private {
        if (request.receiver == address(0)) revert InvalidReceiver();
        address fromAssetId = swaps[0].sendingAssetId;
        address toAssetId = swaps[0].receivingAssetId;
        uint256 fromAmount = 0;
        for (uint256 i = 0; i < swaps.length; i++) fromAmount += swaps[i].fromAmount;

        uint256 received = swap(request.transactionId, request.minAmountOut, swaps);
        payOut(toAssetId, request.receiver, received, request.minAmountOut);
        emit LiFiGenericSwapCompleted(
            request.transactionId,
            request.integrator,
            request.referrer,
            request.receiver,
            fromAssetId,
            toAssetId,
            fromAmount,
            received
        );
    }

    /// Performs the parts of one split: all sell the same asset for the same other asset. Unsold input goes back to the
    /// caller. Answers what arrived, which is at least `minAmountOut`.
    function swap(bytes32 transactionId, uint256 minAmountOut, SwapData[] memory swaps)
        private
        returns (uint256 received)
    {
        address from = swaps[0].sendingAssetId;
        address to = swaps[0].receivingAssetId;
        uint256 fromBefore = from == address(0) ? address(this).balance - msg.value : from.held();
        uint256 toBefore = to.held();

        for (uint256 i = 0; i < swaps.length; i++) {
            if (swaps[i].sendingAssetId != from || swaps[i].receivingAssetId != to || from == to) {
                revert InformationMismatch();
            }
            if (from != address(0)) {
                if (!swaps[i].requiresDeposit) revert InformationMismatch();
                from.pull(msg.sender, address(this), swaps[i].fromAmount);
            }
        }
        for (uint256 i = 0; i < swaps.length; i++) callTarget(transactionId, swaps[i]);

        received = to.held() - toBefore;
        if (received < minAmountOut) revert CumulativeSlippageTooHigh(minAmountOut, received);
        uint256 unsold = from.held() - fromBefore;
        if (unsold > 0) from.push(msg.sender, unsold);
    }

    function callTarget(bytes32 transactionId, SwapData memory part) private {
        bool wraps = part.callTo == weth && isWrapOrUnwrap(part.callData);
        if (!(wraps || isAllowedTarget[part.callTo]) || part.approveTo != part.callTo) revert ContractCallNotAllowed();

        bool sellsNative = part.sendingAssetId == address(0);
        uint256 before = part.receivingAssetId.held();
        if (!sellsNative && !wraps) part.sendingAssetId.permit(part.approveTo, part.fromAmount);
        (bool done, bytes memory answer) = part.callTo.call{value: sellsNative ? part.fromAmount : 0}(part.callData);
        if (!done) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
        if (!sellsNative && !wraps) part.sendingAssetId.withdrawPermit(part.approveTo);
        emit AssetSwapped(
            transactionId,
            part.callTo,
            part.sendingAssetId,
            part.receivingAssetId,
            part.fromAmount,
            part.receivingAssetId.held() - before,
            block.timestamp
        );
    }

    /// Any other call to WETH could spend what users have approved to this contract.
    function isWrapOrUnwrap(bytes memory callData) private pure returns (bool) {
        bytes4 selector = bytes4(callData);
        return selector == bytes4(keccak256("deposit()")) || selector == bytes4(keccak256("withdraw(uint256)"));
    }

    function single(SwapData calldata part) private pure returns (SwapData[] memory parts) {
        parts = new SwapData[](1);
        parts[0] = part;
    }
}
