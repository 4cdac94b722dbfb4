// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// A Chainlink-style aggregator whose owner writes the rounds, timestamps of the past included.
contract PriceFeed {
    struct Round {
        int256 answer;
        uint256 startedAt;
        uint256 updatedAt;
    }

    uint8 public immutable decimals;
    string public description;
    uint256 public constant version = 4;
    address public immutable owner;

    uint80 public latestRound;
    mapping(uint80 => Round) private rounds;

    event AnswerUpdated(int256 indexed current, uint256 indexed roundId, uint256 updatedAt);

    error NotOwner(address caller);
    error NoDataPresent(uint80 roundId);

    constructor(string memory description_, uint8 decimals_) {
        description = description_;
        decimals = decimals_;
        owner = msg.sender;
    }

    /// Opens the next round with this answer. Times are Unix seconds; 0 stands for this block's time.
    function setRound(int256 answer, uint256 startedAt, uint256 updatedAt) external {
        if (msg.sender != owner) revert NotOwner(msg.sender);
        uint80 roundId = ++latestRound;
        rounds[roundId] = Round(
            answer,
            startedAt == 0 ? block.timestamp : startedAt,
            updatedAt == 0 ? block.timestamp : updatedAt
        );
        emit AnswerUpdated(answer, roundId, rounds[roundId].updatedAt);
    }

    function getRoundData(uint80 roundId) public view returns (uint80, int256, uint256, uint256, uint80) {
        Round memory round = rounds[roundId];
        if (round.updatedAt == 0) revert NoDataPresent(roundId);
        return (roundId, round.answer, round.startedAt, round.updatedAt, roundId);
    }

    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)
    {
        return getRoundData(latestRound);
    }

    function latestAnswer() external view returns (int256) {
        return rounds[latestRound].answer;
    }
}
